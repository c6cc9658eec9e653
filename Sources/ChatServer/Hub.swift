import ChatWire
import Logging
import RateLimiting
import Synchronization

/// The server without its sockets: who is connected, and the way of a message from one user to the other.
public final class Hub: Sendable {
    public struct Configuration: Sendable {
        public var limits: MessageLimits
        /// How often the transport pings, in milliseconds; clients of protocol 2 are told.
        public var heartbeatMs: Int
        /// How many messages each user may send; nil for no limit.
        public var rate: Rate?
        /// How many bytes each user may send; nil for no limit.
        public var byteRate: Rate?
        /// How much each user may ask of the database by events that are no new messages; nil for no limit.
        public var eventRate: Rate?
        /// How many GET requests about a user are answered at once, and a tenth of it a second after that; nil for no limit. One
        /// for more than 200 rows counts as several.
        public var requestsPerUser: Int?
        /// How many others a user may block; nil for no limit.
        public var blocksPerUser: Int?
        /// How many connections a user may have at once; nil for no limit.
        public var connectionsPerUser: Int?
        /// How much the transport keeps for a client that is slow to read.
        public var outboundBytes: Int
        /// How long one who left still counts as online.
        public var presenceGrace: Duration
        /// How many pages of messages or conversations are made at once: fewer than there are cores, and than the store can read
        /// at once.
        public var pagesAtOnce: Int
        /// How many users are served at once who come with a feed or peers to be told of. Most wait for the store, which reads
        /// a few at a time by itself.
        public var greetingsAtOnce: Int

        public init(
            limits: MessageLimits = .init(), heartbeatMs: Int = 25_000, rate: Rate? = nil,
            byteRate: Rate? = nil, eventRate: Rate? = nil, requestsPerUser: Int? = nil, blocksPerUser: Int? = nil,
            connectionsPerUser: Int? = nil, outboundBytes: Int = 1 << 20,
            presenceGrace: Duration = .seconds(6), pagesAtOnce: Int = 1, greetingsAtOnce: Int = 1
        ) {
            self.limits = limits
            self.heartbeatMs = heartbeatMs
            self.rate = rate
            self.byteRate = byteRate
            self.eventRate = eventRate
            self.requestsPerUser = requestsPerUser
            self.blocksPerUser = blocksPerUser
            self.connectionsPerUser = connectionsPerUser
            self.outboundBytes = outboundBytes
            self.presenceGrace = presenceGrace
            self.pagesAtOnce = pagesAtOnce
            self.greetingsAtOnce = greetingsAtOnce
        }
    }

    public let store: any MessageStore
    /// Nil where users' words are taken for who they are.
    let authenticator: (any Authenticator)?
    let reminders: Reminders
    let pages: PageTurns
    /// For pages of feeds and of peers, which wait for nobody's history.
    let greetings: PageTurns
    let commits: CommitQueue<MessageOrigin>
    let receipts: ReceiptQueue
    let departures: Departures
    let now: @Sendable () -> Timestamp
    let log: Logger
    let registry = Mutex(Registry<Connection>())
    let meter = Meter()
    let startedAt: Timestamp
    private let configuration: Configuration
    private let connectionsSoFar = Atomic(0)
    private let rateLimiter: Mutex<RateBuckets<UserID>?>
    private let byteLimiter: Mutex<RateBuckets<Speaker>?>
    private let frameLimiter = Mutex(RateBuckets<Speaker>(Hub.rateOfOtherFrames))
    private let eventLimiter: Mutex<RateBuckets<Speaker>?>
    private let requestLimiter: Mutex<RateBuckets<UserID>?>
    let blocksPerUser: Int

    public init(
        store: any MessageStore, authenticator: (any Authenticator)? = nil, configuration: Configuration = .init(),
        log: Logger, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.authenticator = authenticator
        self.configuration = configuration
        self.log = log
        self.now = now
        startedAt = now()
        commits = CommitQueue(store: store) { [meter] time in meter.note { $0.note(commitTime: time) } }
        receipts = ReceiptQueue(store: store, log: log)
        reminders = Reminders(now: now)
        pages = PageTurns(atOnce: configuration.pagesAtOnce)
        greetings = PageTurns(atOnce: configuration.greetingsAtOnce)
        departures = Departures(grace: configuration.presenceGrace)
        rateLimiter = Mutex(configuration.rate.map { RateBuckets<UserID>($0) })
        byteLimiter = Mutex(configuration.byteRate.map { RateBuckets($0) })
        eventLimiter = Mutex(configuration.eventRate.map { RateBuckets($0) })
        requestLimiter = Mutex(
            configuration.requestsPerUser.map { RateBuckets(Rate(burst: $0)) })
        blocksPerUser = configuration.blocksPerUser ?? .max
    }

    /// Stores messages and marks until `finish` was called and all that waits is in the database.
    public func run() async {
        async let receipts: Void = receipts.run { self.publish($1, by: $0) }
        await commits.run(publish)
        await receipts
    }

    public func finish() {
        commits.finish()
        receipts.finish()
    }

    /// The same, but messages that wait are not stored any more.
    public func abandon() {
        commits.abandon()
        receipts.finish()
    }

    /// Returns when every message received so far is in the database and was confirmed, or refused.
    public func settle() async {
        await commits.settle()
        await receipts.settle()
    }

    /// The same, but returns after `limit` at the latest.
    public func settle(within limit: Duration) async {
        let (end, signal) = AsyncStream<Void>.makeStream()
        Task {
            await settle()
            signal.finish()
        }
        let alarm = Task {
            try await Task.sleep(for: limit)
            signal.finish()
        }
        for await _ in end {}
        alarm.cancel()
    }

    /// A new socket. Its user is not known yet.
    /// - `bearer`: The token of the upgrade request, where it had one.
    /// - `address`: Where the client is, for the log.
    /// - `limitKey`: By what it is counted among others as long as nobody knows who it is; nil for this machine.
    public func connect(
        _ socket: some ClientSocket, bearer: String? = nil, address: String? = nil, limitKey: String? = nil
    ) -> Connection {
        let session = Session(
            limits: configuration.limits, heartbeatMs: configuration.heartbeatMs,
            asksForToken: authenticator != nil, bearer: bearer, outboundBytes: configuration.outboundBytes)
        let number = connectionsSoFar.add(1, ordering: .relaxed).newValue
        return Connection(
            hub: self, socket: socket, session: session, number: number, address: address, limitKey: limitKey)
    }

    /// How many connections have said who they are.
    public var authorizedConnections: Int {
        registry.withLock(\.count)
    }

    /// Makes the connection one of the user's, unless they have as many as they may.
    func register(_ connection: Connection, as user: UserID) {
        registry.withLock { $0.insert(connection, user, most: configuration.connectionsPerUser ?? .max) }
    }

    func isRegistered(_ connection: Connection) -> Bool {
        registry.withLock { $0.isRegistered(connection) }
    }

    func identify(_ token: String) async throws(AuthenticationError) -> Identity {
        guard let authenticator else { throw .rejected("tokens are not asked for") }
        return try await authenticator.identify(token, now: now())
    }

    /// Who asks over HTTP.
    func asker(bearer: String?) async throws(AuthenticationError) -> Authorizer.Asker {
        if authenticator == nil { return .anybody }
        guard let bearer else { return .nobody }
        return .user(try await identify(bearer).user)
    }

    func account(
        of user: UserID, resume: FeedPosition?, name: UntrustedText? = nil
    ) async throws(StoreError) -> Account {
        var account = try await store.account(of: user, resume: resume)
        if let name, !account.isBanned, name != account.name, await setName(name, of: user) { account.name = name }
        return account
    }

    /// A disk that is full keeps nobody out.
    private func setName(_ name: UntrustedText, of user: UserID) async -> Bool {
        do throws(StoreError) {
            try await store.setName(name, of: user)
            return true
        } catch {
            log.log(.databaseFailed(error))
            return false
        }
    }

    // MARK: Limits

    /// Counts what came on a connection.
    /// - Returns: how long not to read on, where it is far too much.
    func spend(bytes: Int, frames: Int = 1, by speaker: Speaker) -> Duration? {
        byteLimiter.withLock { $0?.spend(bytes + frames * Self.bytesOfAnyFrame, of: speaker, at: now()) }
    }

    /// Pings, pongs, fragments but the last, and frames that are answered by an error, or not at all. No client has use for more,
    /// so that this bound holds also where bytes have none.
    static let rateOfOtherFrames = Rate(burst: 2000, perSecond: 200)

    /// Counts frames that came beside messages.
    /// - Returns: how long not to read on, where they are far too many.
    func spend(otherFrames frames: Int, bytes: Int, by speaker: Speaker) -> Duration? {
        let flood = frames > 0 ? spend(mistakes: frames, by: speaker) : nil
        return [flood, spend(bytes: bytes, frames: frames, by: speaker)].compactMap(\.self).max()
    }

    /// Counts frames that were no event, or not one that this client may send now.
    /// - Returns: how long not to read on, where they are far too many.
    func spend(mistakes: Int, by speaker: Speaker) -> Duration? {
        let flood = frameLimiter.withLock { $0.spend(mistakes, of: speaker, at: now()) }
        if flood != nil { meter.note { $0.noteRefusal(by: .otherFrames) } }
        return flood
    }

    /// Counts what an event asks of the database.
    /// - Returns: how long not to read on, where it is far too much.
    func spend(events: Int, by speaker: Speaker) -> Duration? {
        let flood = events == 0 ? nil : eventLimiter.withLock { $0?.spend(events, of: speaker, at: now()) ?? nil }
        if flood != nil { meter.note { $0.noteRefusal(by: .events) } }
        return flood
    }

    /// Counts another page of a user's feed or peers, which nobody asked for by an event of its own.
    /// - Returns: how long it has to wait, where the user has had too many.
    func delay(ofPageFor user: UserID, permits: Int) -> Duration? {
        eventLimiter.withLock { $0?.reserve(permits, of: .user(user), at: now()) ?? nil }
    }

    /// Of so many rows each costs a permit more.
    private static let rowsOfPermit = 200

    /// In how many seconds a request for so many rows about a user will be answered; nil if it is now.
    func delay(ofRequestAbout user: UserID, rows: Int) -> Int? {
        let permits = max(1, (rows + Self.rowsOfPermit - 1) / Self.rowsOfPermit)
        let wait = requestLimiter.withLock { $0?.take(permits, of: user, at: now()) ?? nil }
        guard let milliseconds = wait else { return nil }
        meter.note { $0.noteRefusal(by: .userRequests) }
        return max(1, (milliseconds + 999) / 1000)
    }

    /// What the smallest event costs.
    private static let bytesOfAnyFrame = 32

    /// Which limit a message is over, where it is over one, and when the next will do.
    func limit(over draft: MessageDraft) -> (limit: Metrics.Limit, retryAfterMs: Int)? {
        if let wait = byteLimiter.withLock({ $0?.debt(of: .user(draft.sender), at: draft.receivedAt) }) {
            return (.bytes, wait)
        }
        return rateLimiter.withLock { $0?.take(of: draft.sender, at: draft.receivedAt) }.map { (.messages, $0) }
    }

    /// A message was refused, or was none: it takes nothing of its user's rate.
    func giveBack(to user: UserID) { rateLimiter.withLock { $0?.giveBack(to: user) } }

    // MARK: Receipts and typing

    private func publish(_ mark: DeliveredMark, by receiver: UserID) {
        relay(.delivered(user: receiver, messageID: mark.messageID), to: mark.sender, behindMessages: true)
    }

    func markRead(by reader: UserID, with peer: UserID, upTo messageID: MessageID, on origin: Connection) {
        receipts.markRead(by: reader, with: peer, upTo: messageID) { [self] result, mayTell in
            origin.handle(.readMarked(result))
            guard case .success(true) = result else { return }
            if mayTell {
                relay(.read(user: reader, otherUser: nil, messageID: messageID), to: peer, behindMessages: true)
            }
            relay(
                .read(user: reader, otherUser: peer, messageID: messageID), to: reader, except: origin,
                behindMessages: true)
        }
    }

    func relayTyping(by user: UserID, to receiver: UserID) async {
        guard let areApart = try? await store.areApart(user, receiver), !areApart else { return }
        relay(.typing(user: user), to: receiver)
    }

    /// - Parameter behindMessages: It is about a message, of which a device may be about to be told by its own thread.
    func relay(
        _ event: ServerEvent, to user: UserID, except origin: Connection? = nil, behindMessages: Bool = false
    ) {
        let connections = registry.withLock { $0.connections(of: user) }
        let encoding = SharedEncoding(among: connections.count)
        for connection in connections where connection !== origin {
            if behindMessages {
                connection.socket.execute { connection.handle(.relay(event), sharing: encoding) }
            } else {
                connection.handle(.relay(event), sharing: encoding)
            }
        }
    }
}

/// What is counted together.
enum Speaker: Hashable, Sendable {
    case user(UserID)
    /// Somebody who says who they are, until that is looked into.
    case newcomer(connection: Int)
    /// Whoever says anything else, by their address: on a new connection nobody begins anew. Nil for all of this machine.
    case stranger(address: String?)
}
