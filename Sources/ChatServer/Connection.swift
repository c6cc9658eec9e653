import ChatWire
import Logging
import Synchronization

/// The operations that a connection needs of its socket. All of them keep the order of the calls and return at once.
public protocol ClientSocket: Sendable {
    /// - Parameters:
    /// - text: The text in UTF-8.
    /// - sheddable: Whether the text may be dropped if the peer reads too slowly.
    func send(text: [UInt8], sheddable: Bool)
    /// Calls `action` when everything sent so far was handed to the operating system. It is never called within this
    /// call.
    func whenSent(_ action: @escaping @Sendable () -> Void)
    /// Cancels the time limit for logging in: the connection's user is known now.
    func admit()
    func pauseReading()
    func resumeReading()
    /// Stops reading for this time. After that the socket reads only if reading is not paused.
    func throttle(for time: Duration)
    /// - `reason`: The reason in the Close frame. It is for debugging, and not shown to users.
    func close(code: UInt16, reason: String)
    /// The event loop of the socket. Sockets with the same one share a thread.
    var loop: ObjectIdentifier { get }
    /// Runs `work` on the event loop, after the work that was given to any socket of this loop before.
    func execute(_ work: @escaping @Sendable () -> Void)
}

extension ClientSocket {
    /// Does nothing. This is for sockets without a time limit.
    public func admit() {}
    /// Does nothing. This is for sockets whose bytes are not counted.
    public func throttle(for time: Duration) {}
}

/// Drives a `Session` on a socket: passes it what happens, and performs its actions.
public final class Connection: EventLoopBound, Sendable {
    private let hub: Hub
    let socket: any ClientSocket
    /// The event loop of the socket. It never changes.
    let loop: ObjectIdentifier
    private let session: Mutex<Session>
    /// The number of the connection in the log and in the limits. It is unique in this process.
    private let number: Int
    /// The client's address, for the log.
    private let address: String?
    /// The key of the connection in the limits while its user is unknown; nil for a client on this machine.
    private let limitKey: String?
    /// The user id that the client has last claimed, for the log. It may not be proved.
    private let claimedUser = Mutex<UserID?>(nil)

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
            if case .auth(let auth) = event { claimedUser.withLock { $0 = auth.user } }
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

    /// Counts what arrived besides messages: control frames, empty fragments, frame headers.
    public func received(otherFrames frames: Int, bytes: Int) {
        slowDown(hub.traffic.spend(otherFrames: frames, bytes: bytes, by: rateLimitKey))
    }

    public func receivedBinary(bytes: Int) {
        slowDown(hub.traffic.spend(bytes: bytes, by: rateLimitKey))
        handle(.malformed(.invalid("a binary frame")))
    }

    /// The transport closes the connection because the client has not logged in in time.
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

    /// A client that logs in has a limit of its own, so that it does not wait for others with its address.
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

    /// Passes an input to the session and performs its actions. The lock is held meanwhile, so that what two threads
    /// send cannot change order.
    /// - Parameter encoding: The shared encoding of an event that other connections are sent as well.
    func handle(sharing encoding: SharedEncoding? = nil, _ input: () -> Session.Input) {
        session.withLock { session in
            let actions = session.handle(input(), now: hub.now())
            var clientErrors = 0
            for action in actions {
                perform(action, sharing: encoding)
                if action.isClientError { clientErrors += 1 }
            }
            // An invalid frame costs an answer, whatever was wrong with it.
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
        case .close(let code): socket.close(code: code.rawValue, reason: code.reason)
        case .log(let line): note(line)
        }
    }

    /// Logs and counts a line.
    func note(_ line: LogLine) {
        // A busy server does not print most lines, and each message has several, so the level is checked first.
        if line.level >= hub.log.logLevel {
            hub.log.log(line, connection: number, address: address, user: claimedUser.withLock(\.self))
        }
        if !line.isPerMessage { hub.metrics.update { $0.note(line) } }
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
            Task { handle(.tooManyConnections) }  // the lock is held now
            return
        }
        ask(orElse: .authorizationFailed) { connection throws(StoreError) in
            let hub = connection.hub
            let account = try await hub.account(of: user, resume: resume, name: name)
            if account.isBanned { return connection.handle(.banned) }
            // The `auth` event is charged to the user now, since the user is certain only now. A user who was logged in
            // before has paid for it already.
            let isNew = connection.session.withLock { $0.user == nil }
            connection.handle(.authorized(account))
            if isNew { connection.slowDown(hub.traffic.spend(events: ClientEvent.costOfAuth, by: .user(user))) }
        }
    }

    /// The store has answered a message of this connection.
    func answered(_ draft: MessageDraft, _ result: AppendResult) {
        if let line = result.line { note(line) }
        if result.stored == nil { slowDown(hub.traffic.spend(events: 1, by: rateLimitKey)) }
        handle(.appended(draft, result))
    }

    /// The next page also waits for its user's permits. The socket of a client that reads fast is no limit.
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
            // Each new connection starts with a page, so this page must wait for its permits as well.
            if place == .start, let delay = hub.traffic.delay(ofPageFor: user, permits: 0) {
                try? await Task.sleep(for: delay)
            }
            try await hub.presence.syncPeers(of: user, from: place, on: connection)
        }
    }

    /// Asks the store in a task of its own. Within this connection's lock two users who type to each other could wait
    /// for each other's locks.
    private func relayTyping(by user: UserID, to receiver: UserID) {
        Task { [hub] in await hub.relayTyping(by: user, to: receiver) }
    }

    /// Asks the database in a task of its own.
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
    /// Whether the action reports an error that a correct client does not cause.
    fileprivate var isClientError: Bool {
        guard case .send(.error(let failure)) = self else { return false }
        switch failure.code {
        case .notAuthorized, .forbidden, .invalidEvent, .invalidMessage, .messageTooLong, .idempotencyConflict:
            return true
        default: return false  // the server is at fault, or another limit counts it
        }
    }
}

extension ClientEvent {
    /// The number of the user's event permits that this event costs.
    ///
    /// A new message costs none, because messages have a limit of their own. A message that turns out to be a repeat,
    /// or is refused, costs one once that is known.
    ///
    /// An `auth` costs as much as its reads: the account, the length of the feed, its first page, and the first page of
    /// peers.
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
