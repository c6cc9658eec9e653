import ChatWire
import Logging
import RateLimiting
import Synchronization

/// The server without its sockets: joins the queues, the limits and the presence of one store, and gives connections their machines.
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
        public var syncPagesAtOnce: Int

        public init(
            limits: MessageLimits = .init(), heartbeatMs: Int = 25_000, rate: Rate? = nil,
            byteRate: Rate? = nil, eventRate: Rate? = nil, requestsPerUser: Int? = nil, blocksPerUser: Int? = nil,
            connectionsPerUser: Int? = nil, outboundBytes: Int = 1 << 20,
            presenceGrace: Duration = .seconds(6), pagesAtOnce: Int = 1, syncPagesAtOnce: Int = 1
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
            self.syncPagesAtOnce = syncPagesAtOnce
        }
    }

    public let store: any MessageStore
    /// Nil where users' words are taken for who they are.
    let authenticator: (any Authenticator)?
    let timers: ConnectionTimers
    let pages: PageSemaphore
    /// For pages of feeds and of peers, which wait for nobody's history.
    let syncPages: PageSemaphore
    let commits: CommitQueue<MessageOrigin<Connection>>
    let receipts: ReceiptQueue<Connection>
    let presence: PresenceService
    let traffic: TrafficLimits
    let now: @Sendable () -> Timestamp
    let log: Logger
    let registry = SharedRegistry()
    let metrics = SharedMetrics()
    let startedAt: Timestamp
    private let configuration: Configuration
    private let connectionsSoFar = Atomic(0)

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
        commits = CommitQueue(store: store) { [metrics] time in metrics.update { $0.note(commitTime: time) } }
        receipts = ReceiptQueue(store: store)
        timers = ConnectionTimers(now: now)
        pages = PageSemaphore(atOnce: configuration.pagesAtOnce)
        syncPages = PageSemaphore(atOnce: configuration.syncPagesAtOnce)
        traffic = TrafficLimits(configuration, metrics: metrics, now: now)
        presence = PresenceService(
            store: store, registry: registry, semaphore: syncPages, traffic: traffic,
            grace: configuration.presenceGrace,
            log: log, now: now)
    }

    /// Stores messages and marks until `finish` was called and all that waits is in the database.
    public func run() async {
        async let receipts: Void = receipts.run(perform)
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
    public func flush() async {
        await commits.flush()
        await receipts.flush()
    }

    /// The same, but returns after `limit` at the latest.
    public func flush(within limit: Duration) async {
        let (end, signal) = AsyncStream<Void>.makeStream()
        Task {
            await flush()
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
            requiresToken: authenticator != nil, bearer: bearer, outboundBytes: configuration.outboundBytes)
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
        registry.withLock { $0.insert(connection, user, limit: configuration.connectionsPerUser ?? .max) }
    }

    func isRegistered(_ connection: Connection) -> Bool {
        registry.withLock { $0.isRegistered(connection) }
    }

    func identify(_ token: String) async throws(AuthenticationError) -> Identity {
        guard let authenticator else { throw .rejected("tokens are not asked for") }
        return try await authenticator.identify(token, now: now())
    }

    /// Who asks over HTTP.
    func requester(bearer: String?) async throws(AuthenticationError) -> Authorizer.Requester {
        if authenticator == nil { return .unverified }
        guard let bearer else { return .anonymous }
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

    // MARK: Receipts, blocks and typing

    func setBlocked(_ isBlocked: Bool, _ other: UserID, by user: UserID, on connection: Connection) {
        receipts.setBlocked(
            isBlocked, other, by: user, at: now(), limit: configuration.blocksPerUser ?? .max, on: connection)
    }

    private func perform(_ effect: ReceiptQueue<Connection>.Effect) async {
        switch effect {
        case .answer(let answer, let connection): connection.handle(answer)
        case .relay(let event, let user, let origin, let isBehindMessages):
            registry.relay(event, to: user, except: origin, behindMessages: isBehindMessages)
        case .blockChanged(let isBlocked, let other, let user, let time):
            await presence.blockChanged(isBlocked, other, by: user, at: time)
        case .tooManyBlocks: metrics.update { $0.noteRefusal(by: .userBlocks) }
        case .failed(let error): log.log(.databaseFailed(error))
        }
    }

    func relayTyping(by user: UserID, to receiver: UserID) async {
        guard let isBlockedEitherWay = try? await store.isBlockedEitherWay(user, receiver), !isBlockedEitherWay else {
            return
        }
        registry.relay(.typing(user: user), to: receiver)
    }

    // MARK: The end

    /// A connection has ended.
    func remove(_ connection: Connection) {
        timers.cancel(connection)
        presence.remove(connection)
    }

    /// The server is about to end: it is not ready for new clients, and says nothing of those who leave.
    public func beginDraining() {
        registry.withLock { $0.isDraining = true }
    }

    public var isDraining: Bool { registry.withLock(\.isDraining) }

    /// Notes that everybody left who is online, as far as the time allows.
    public func recordLastSeenOfOnlineUsers(within limit: Duration) async {
        await presence.recordLastSeenOfOnlineUsers(within: limit)
    }
}
