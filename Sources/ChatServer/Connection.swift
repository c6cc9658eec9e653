import ChatWire
import Logging
import Synchronization

/// What a connection needs of its socket. All of it keeps the order of the calls and returns at once.
public protocol ClientSocket: Sendable {
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - sheddable: Whether it may be left out if the peer is slow.
    func send(text: [UInt8], sheddable: Bool)
    /// Calls `action` once everything sent so far is with the system; never within this call.
    func whenSent(_ action: @escaping @Sendable () -> Void)
    /// It is certain who the user is: a connection that nobody speaks for does not last.
    func admit()
    func pauseReading()
    func resumeReading()
    /// Reads nothing for so long, and then only if reading is not paused.
    func throttle(for time: Duration)
    /// - `reason`: For whoever looks for the fault; no text for a screen.
    func close(code: UInt16, reason: String)
    /// Sockets with the same one are worked on by the same thread.
    var loop: ObjectIdentifier { get }
    /// Runs something there, behind what was given to any socket of the loop before.
    func execute(_ work: @escaping @Sendable () -> Void)
}

extension ClientSocket {
    /// Nothing, where there is no such limit.
    public func admit() {}
    /// Reads on, where bytes cost nothing.
    public func throttle(for time: Duration) {}
}

/// Runs a `Session` on a socket: feeds it what happens and does what it wants done.
public final class Connection: EventLoopBound, Sendable {
    private let hub: Hub
    let socket: any ClientSocket
    /// The socket's, which never changes.
    let loop: ObjectIdentifier
    private let session: Mutex<Session>
    /// Its name in the log, and among those whose bytes are counted. No other connection ever has it.
    private let number: Int
    /// Where the client is, for the log.
    private let address: String?
    /// By what it is counted as long as its user is not known; nil for this machine.
    private let limitKey: String?
    /// Who the client last said to be, for the log: not who they are.
    private let named = Mutex<UserID?>(nil)

    init(
        hub: Hub, socket: any ClientSocket, session: Session, number: Int, address: String? = nil,
        limitKey: String? = nil
    ) {
        self.hub = hub
        self.socket = socket
        loop = socket.loop
        self.session = Mutex(session)
        self.number = number
        self.address = address
        self.limitKey = limitKey
        note(.connected)
    }

    public func received(text: String) {
        do {
            let event = try WireCodec.decode(ClientEvent.self, from: text)
            if case .auth(let auth) = event { named.withLock { $0 = auth.user } }
            spend(bytes: text.utf8.count, on: event)
            handle(.event(event))
        } catch {
            slowDown(hub.traffic.spend(bytes: text.utf8.count, by: rateLimitKey))
            handle(.malformed(error))
        }
    }

    private func spend(bytes: Int, on event: ClientEvent) {
        let rateLimitKey = rateLimitKey(of: event)
        slowDown(hub.traffic.spend(bytes: bytes, by: rateLimitKey))
        switch event {
        case .unknown: slowDown(hub.traffic.spend(clientErrors: 1, by: rateLimitKey))
        case .auth, .message, .ack, .read, .typing, .refresh, .block, .unblock, .isBlocked:
            slowDown(hub.traffic.spend(events: event.cost, by: rateLimitKey))
        }
    }

    private func slowDown(_ flood: Duration?) {
        if let flood { handle(.flooded(flood)) }
    }

    /// What came beside messages: control frames, empty fragments, headers of frames.
    public func received(otherFrames frames: Int, bytes: Int) {
        slowDown(hub.traffic.spend(otherFrames: frames, bytes: bytes, by: rateLimitKey))
    }

    public func receivedBinary(bytes: Int) {
        slowDown(hub.traffic.spend(bytes: bytes, by: rateLimitKey))
        handle(.malformed(.invalid("a binary frame")))
    }

    /// The transport closes the connection, because nobody said in time who this is.
    public func notAdmitted() { handle(.notAdmitted) }

    public func closed(_ end: ConnectionEnd = .client) {
        hub.metrics.update { $0.note(end) }
        switch end {
        case .tooBig, .violation, .slowConsumer: note(.cut(end))
        case .client, .lost, .noAuth, .noPong, .server: break
        }
        handle(.closed)
    }

    private var rateLimitKey: RateLimitKey { session.withLock { rateLimitKey($0) } }

    /// Who says who they are must not wait for others of their address.
    private func rateLimitKey(of event: ClientEvent) -> RateLimitKey {
        let rateLimitKey = rateLimitKey
        guard case .unauthenticated = rateLimitKey, case .auth = event else { return rateLimitKey }
        return .authenticating(connection: number)
    }

    private func rateLimitKey(_ session: borrowing Session) -> RateLimitKey {
        if let user = session.user { return .user(user) }
        return session.isAuthorizing ? .authenticating(connection: number) : .unauthenticated(address: limitKey)
    }

    func handle(_ input: Session.Input, sharing encoding: SharedEncoding? = nil) {
        handle(sharing: encoding) { input }
    }

    /// The lock is held while the actions are done, so what two threads want sent cannot change places.
    /// - Parameter encoding: Of what others are told as well.
    func handle(sharing encoding: SharedEncoding? = nil, _ input: () -> Session.Input) {
        session.withLock { session in
            let actions = session.handle(input(), now: hub.now())
            var clientErrors = 0
            for action in actions {
                perform(action, sharing: encoding)
                if action.isClientError { clientErrors += 1 }
            }
            // What is wrong costs an answer, whatever it was.
            guard clientErrors > 0, let flood = hub.traffic.spend(clientErrors: clientErrors, by: rateLimitKey(session))
            else { return }
            for action in session.handle(.flooded(flood), now: hub.now()) { perform(action) }
        }
    }

    private func perform(_ action: Session.Action, sharing encoding: SharedEncoding? = nil) {
        switch action {
        case .send(let event):
            let bytes = encoding?.bytes(of: event) ?? WireCodec.encodeUTF8(event)
            socket.send(text: bytes, sheddable: event.isSheddable)
            hub.metrics.update { $0.note(sent: event) }
        case .authenticate(let token): authenticate(token)
        case .setTimer(let time): hub.timers.setTimer(self, at: time)
        case .authorize(let user, let resume, let name): authorize(user, resume, name)
        case .register(let user): hub.register(self, as: user)
        case .admit: socket.admit()
        case .unregister: hub.remove(self)
        case .append(let draft): hub.append(draft, from: self)
        case .readFeed(let user, let cursor, let limit): readFeed(of: user, after: cursor, limit: limit)
        case .awaitSent(let permits): socket.whenSent { [self] in pageIsSent(nextCosts: permits) }
        case .acknowledge(let acknowledgement): hub.receipts.acknowledge(acknowledgement)
        case .markRead(let reader, let peer, let messageID):
            hub.receipts.markRead(ReadMark(user: reader, peer: peer, messageID: messageID), on: self)
        case .setBlocked(let isBlocked, let other, let user):
            hub.setBlocked(isBlocked, other, by: user, on: self)
        case .findBlock(let other, let user): hub.receipts.findBlock(other, by: user, on: self)
        case .relayTyping(let user, let receiver): relayTyping(by: user, to: receiver)
        case .syncPeers(let user, let place): syncPeers(of: user, from: place)
        case .pauseReading: socket.pauseReading()
        case .resumeReading: socket.resumeReading()
        case .throttle(let time): socket.throttle(for: time)
        case .close(let code): socket.close(code: code, reason: Session.reason(forClosing: code))
        case .log(let line): note(line)
        }
    }

    /// Logged and counted.
    func note(_ line: LogLine) {
        // Most lines are not printed on a busy server, and each message has several.
        if line.level >= hub.log.logLevel {
            hub.log.log(line, connection: number, address: address, user: named.withLock(\.self))
        }
        if !line.isOfMessage { hub.metrics.update { $0.note(line) } }
    }

    private func authenticate(_ token: String) {
        Task { [hub] in
            do throws(AuthenticationError) {
                handle(.authenticated(try await hub.identify(token)))
            } catch {
                handle(.notAuthenticated(error))
            }
        }
    }

    private func authorize(_ user: UserID, _ resume: FeedPosition?, _ name: UntrustedText?) {
        guard hub.isRegistered(self) else {
            Task { handle(.tooManyConnections) }  // not within the lock that is held now
            return
        }
        ask(orElse: .authorizationFailed) { connection throws(StoreError) in
            let hub = connection.hub
            let account = try await hub.account(of: user, resume: resume, name: name)
            if account.isBanned { return connection.handle(.banned) }
            // Now that it is certain whose it is; where it was before, they paid already.
            let isNew = connection.session.withLock { $0.user == nil }
            connection.handle(.authorized(account))
            if isNew { connection.slowDown(hub.traffic.spend(events: ClientEvent.costOfAuth, by: .user(user))) }
        }
    }

    /// The database has its say on a message of this connection's.
    func answered(_ draft: MessageDraft, _ result: AppendResult) {
        if let line = result.line { note(line) }
        if result.stored == nil { slowDown(hub.traffic.spend(events: 1, by: rateLimitKey)) }
        handle(.appended(draft, result))
    }

    /// The next page waits for its user's permits as well: the socket of one who reads fast is no bound.
    private func pageIsSent(nextCosts permits: Int) {
        guard let user = session.withLock(\.user), let delay = hub.traffic.delay(ofPageFor: user, permits: permits)
        else {
            return handle(.sent)
        }
        Task {
            try? await Task.sleep(for: delay)
            handle(.sent)
        }
    }

    private func readFeed(of user: UserID, after cursor: Int, limit: Int) {
        ask(orElse: .feedFailed) { connection throws(StoreError) in
            let hub = connection.hub
            let page = try await hub.syncPages.withPermit(for: user) { () throws(StoreError) in
                try await hub.store.feed(of: user, after: cursor, limit: limit)
            }
            connection.handle(.feedPage(after: cursor, page))
        }
    }

    private func syncPeers(of user: UserID, from place: PeerPagePosition) {
        ask(orElse: .peersFailed) { connection throws(StoreError) in
            let hub = connection.hub
            // Each new connection begins with a page.
            if place == .start, let delay = hub.traffic.delay(ofPageFor: user, permits: 0) {
                try? await Task.sleep(for: delay)
            }
            try await hub.presence.syncPeers(of: user, from: place, on: connection)
        }
    }

    /// Not within this connection's lock: two users who write to each other would wait for each other.
    private func relayTyping(by user: UserID, to receiver: UserID) {
        Task { [hub] in await hub.relayTyping(by: user, to: receiver) }
    }

    /// A question to the database, in a task of its own.
    private func ask(
        orElse failed: Session.Input, _ body: @escaping @Sendable (Connection) async throws(StoreError) -> Void
    ) {
        Task {
            do throws(StoreError) {
                try await body(self)
            } catch {
                note(.databaseFailed(error))
                handle(failed)
            }
        }
    }
}

extension Session.Action {
    /// Whether it answers something that no client means to send.
    fileprivate var isClientError: Bool {
        guard case .send(.error(let failure)) = self else { return false }
        switch failure.code {
        case .notAuthorized, .forbidden, .invalidEvent, .invalidMessage, .messageTooLong, .idempotencyConflict:
            return true
        default: return false  // the server's fault, or told by a limit of its own
        }
    }
}

extension ClientEvent {
    /// How many of its user's permits it takes to ask this of the database.
    ///
    /// A new message takes none, because messages have a rate of their own; one that was stored already, or not at all, takes
    /// one once that is known.
    ///
    /// An `auth` is who it is, how far the feed goes, its first page and that of the peers.
    var cost: Int {
        switch self {
        case .message, .unknown: 0
        case .ack, .read, .typing, .isBlocked, .refresh: 1
        case .auth: Self.costOfAuth
        case .block, .unblock: 10  // a transaction that waits for the disk
        }
    }

    static let costOfAuth = 5
}
