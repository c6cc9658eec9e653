import ChatWire
import Logging
import Synchronization

/// What a connection needs of its socket. All of it keeps the order of the calls and returns at once.
public protocol ClientSocket: Sendable {
    /// - Parameter sheddable: Whether it may be left out if the peer is slow.
    func send(text: String, sheddable: Bool)
    /// Calls `action` once everything sent so far is with the system; never within this call.
    func whenSent(_ action: @escaping @Sendable () -> Void)
    /// It is certain who the user is: a connection that nobody speaks for does not last.
    func admit()
    func pauseReading()
    func resumeReading()
    /// Reads nothing for so long, and then only if reading is not paused.
    func rest(for time: Duration)
    /// - Parameter reason: For whoever looks for the fault; no text for a screen.
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
    public func rest(for time: Duration) {}
}

/// Runs a `Session` on a socket: feeds it what happens and does what it wants done.
public final class Connection: Sendable {
    private let hub: Hub
    let socket: any ClientSocket
    private let session: Mutex<Session>
    /// Its name in the log, and among those whose bytes are counted. No other connection ever has it.
    private let number: Int
    /// Where the client is, for the log.
    private let address: String?
    /// Who the client last said to be, for the log: not who they are.
    private let named = Mutex<UserID?>(nil)

    init(hub: Hub, socket: any ClientSocket, session: Session, number: Int, address: String? = nil) {
        self.hub = hub
        self.socket = socket
        self.session = Mutex(session)
        self.number = number
        self.address = address
        note(.connected)
    }

    public func received(text: String) {
        spend(bytes: text.utf8.count)
        do {
            let event = try WireCodec.decode(ClientEvent.self, from: text)
            if case .auth(let auth) = event { named.withLock { $0 = auth.user } }
            spend(events: event.cost)
            handle(.event(event))
        } catch {
            handle(.malformed(error))
        }
    }

    /// What came beside messages: control frames, empty fragments, headers of frames.
    public func received(otherFrames frames: Int, bytes: Int) {
        if let flood = hub.spend(otherFrames: frames, bytes: bytes, by: speaker) { handle(.flooded(flood)) }
    }

    private func spend(bytes: Int) {
        if let flood = hub.spend(bytes: bytes, by: speaker) { handle(.flooded(flood)) }
    }

    private func spend(events: Int) {
        if let flood = hub.spend(events: events, by: speaker) { handle(.flooded(flood)) }
    }

    public func receivedBinary(bytes: Int) {
        spend(bytes: bytes)
        handle(.malformed(.invalid("a binary frame")))
    }

    /// The transport closes the connection, because nobody said in time who this is.
    public func notAdmitted() { handle(.notAdmitted) }

    public func closed(_ end: ConnectionEnd = .client) {
        hub.meter.note { $0.note(end) }
        switch end {
        case .tooBig, .violation, .slowConsumer: note(.cut(end))
        case .client, .lost, .noAuth, .noPong, .server: break
        }
        handle(.closed)
    }

    private var speaker: Speaker {
        session.withLock(\.user).map { .user($0) } ?? .stranger(connection: number)
    }

    func handle(_ input: Session.Input) {
        handle { input }
    }

    /// The lock is held while the actions are done, so what two threads want sent cannot change places.
    func handle(_ input: () -> Session.Input) {
        session.withLock { session in
            for action in session.handle(input(), now: hub.now()) {
                perform(action)
            }
        }
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .send(let event):
            socket.send(text: WireCodec.encode(event), sheddable: event.isSheddable)
            hub.meter.note { $0.note(sent: event) }
        case .authenticate(let token): authenticate(token)
        case .remind(let time): hub.reminders.remind(self, at: time)
        case .authorize(let user, let resume, let name): authorize(user, resume, name)
        case .register(let user): hub.register(self, as: user)
        case .admit: socket.admit()
        case .unregister: hub.remove(self)
        case .append(let draft): hub.append(draft, from: self)
        case .readFeed(let user, let cursor, let limit): readFeed(of: user, after: cursor, limit: limit)
        case .awaitSent: socket.whenSent { [self] in handle(.sent) }
        case .acknowledge(let acknowledgement): hub.receipts.acknowledge(acknowledgement)
        case .markRead(let reader, let peer, let messageID):
            hub.markRead(by: reader, with: peer, upTo: messageID, on: self)
        case .setBlocked(let isBlocked, let other, let user):
            hub.setBlocked(isBlocked, other, by: user, on: self)
        case .findBlock(let other, let user):
            hub.receipts.findBlock(other, by: user) { [self] in handle(.blockKnown(other, $0)) }
        case .relayTyping(let user, let receiver): relayTyping(by: user, to: receiver)
        case .meetPeers(let user, let place): meetPeers(of: user, from: place)
        case .pauseReading: socket.pauseReading()
        case .resumeReading: socket.resumeReading()
        case .rest(let time): socket.rest(for: time)
        case .close(let code): socket.close(code: code, reason: Session.reason(forClosing: code))
        case .log(let line): note(line)
        }
    }

    /// Logged and counted.
    func note(_ line: LogLine) {
        hub.log.log(line, connection: number, address: address, user: named.withLock(\.self))
        hub.meter.note { $0.note(line) }
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
            if try await connection.hub.store.isBanned(user) { return connection.handle(.banned) }
            connection.handle(.authorized(try await connection.hub.account(of: user, resume: resume, name: name)))
        }
    }

    /// The database has its say on a message of this connection's.
    func answered(_ draft: MessageDraft, _ answer: CommitAnswer) {
        if answer.stored == nil { spend(events: 1) }
        switch answer {
        case .rateLimited(let retryAfterMs): handle(.rateLimited(draft, retryAfterMs: retryAfterMs))
        case .settled(let result): handle(.appended(draft, result))
        }
    }

    private func readFeed(of user: UserID, after cursor: Int, limit: Int) {
        ask(orElse: .feedFailed) { connection throws(StoreError) in
            let page = try await connection.hub.store.feed(of: user, after: cursor, limit: limit)
            connection.handle(.feedPage(after: cursor, page))
        }
    }

    private func meetPeers(of user: UserID, from place: PeersPlace) {
        ask(orElse: .peersFailed) { connection throws(StoreError) in
            try await connection.hub.meetPeers(of: user, from: place, on: connection)
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

extension ClientEvent {
    /// How many of its user's permits it takes to ask this of the database.
    ///
    /// A new message takes none, because messages have a rate of their own; one that was stored already, or not at all, takes
    /// one once that is known.
    var cost: Int {
        switch self {
        case .message, .unknown: 0
        case .ack, .read, .typing, .isBlocked, .refresh: 1
        case .auth: 5  // who it is, how far the feed goes, and the first two hundred peers
        case .block, .unblock: 10  // a transaction that waits for the disk
        }
    }
}
