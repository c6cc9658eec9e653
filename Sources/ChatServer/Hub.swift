import ChatWire
import Logging
import RateLimiting
import Synchronization

/// The server without its sockets. It connects the queues, limits and presence of one store, and creates the
/// connections.
public final class Hub: Sendable {
    public struct Configuration: Sendable {
        public var limits: MessageLimits
        /// The interval of the transport's pings in milliseconds. Clients of protocol 2 are told.
        public var heartbeatMs: Int
        /// The rate of messages of one user; nil for no limit.
        public var rate: Rate?
        /// The rate of bytes of one user; nil for no limit.
        public var byteRate: Rate?
        /// The rate of events of one user that ask the database for something and are not new messages; nil for no
        /// limit.
        public var eventRate: Rate?
        /// The burst of GET requests about one user; nil for no limit. A tenth of it is allowed per second after that.
        /// A request for more than 200 rows counts as several.
        public var requestsPerUser: Int?
        /// The number of users that one user may block; nil for no limit.
        public var blocksPerUser: Int?
        /// The number of connections that one user may have at the same time; nil for no limit.
        public var connectionsPerUser: Int?
        /// The bytes that the transport queues for a client that reads slowly.
        public var outboundBytes: Int
        /// The time for which a user who has disconnected still counts as online.
        public var presenceGrace: Duration
        /// The number of pages of history or conversations that are read at the same time. It is below the number of
        /// cores and of the store's concurrent reads, so that both have room for other work.
        public var pagesAtOnce: Int
        /// The number of users whose feed or peers are read at the same time when they connect. Most of these reads
        /// wait for the store, which limits its own concurrency.
        public var syncPagesAtOnce: Int

        /// No parameter has a default value, so that a new setting cannot be forgotten by a program.
        public init(
            limits: MessageLimits, heartbeatMs: Int, rate: Rate?, byteRate: Rate?, eventRate: Rate?,
            requestsPerUser: Int?, blocksPerUser: Int?, connectionsPerUser: Int?, outboundBytes: Int,
            presenceGrace: Duration, pagesAtOnce: Int, syncPagesAtOnce: Int
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
    /// Nil if no token is required.
    let authenticator: (any Authenticator)?
    let timers: ConnectionTimers
    let pages: PageSemaphore
    /// For pages of feeds and of peers. They do not wait for pages of history.
    let syncPages: PageSemaphore
    let commits: CommitQueue<MessageOrigin<Connection>>
    let receipts: ReceiptQueue<Connection>
    let remoteReceipts: RemoteReceipts
    let presence: PresenceService
    let traffic: TrafficLimits
    let now: @Sendable () -> Timestamp
    let log: Logger
    let registry: SharedRegistry
    /// Nil if this is the only node.
    let nodes: NodeService?
    let metrics = SharedMetrics()
    let startedAt: Timestamp
    private let configuration: Configuration
    private let connectionsSoFar = Atomic(0)

    /// - Parameters:
    ///   - bus: Connects the nodes of one database; nil if this is the only one.
    ///   - timing: How nodes notice that others have ended.
    public init(
        store: any MessageStore, authenticator: (any Authenticator)?, configuration: Configuration,
        bus: (any DeliveryBus)? = nil, timing: NodeTiming = NodeTiming(), log: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.authenticator = authenticator
        self.configuration = configuration
        self.log = log
        self.now = now
        startedAt = now()
        let outlet = bus.map { NodeOutlet($0) }
        registry = SharedRegistry(outlet: outlet)
        commits = CommitQueue(store: store) { [metrics] time in metrics.update { $0.note(commitTime: time) } }
        receipts = ReceiptQueue(store: store)
        remoteReceipts = RemoteReceipts(store: store, registry: registry, pause: timing.beat, log: log)
        timers = ConnectionTimers(now: now)
        pages = PageSemaphore(atOnce: configuration.pagesAtOnce)
        syncPages = PageSemaphore(atOnce: configuration.syncPagesAtOnce)
        traffic = TrafficLimits(
            messages: configuration.rate, bytes: configuration.byteRate, events: configuration.eventRate,
            requestsPerUser: configuration.requestsPerUser, metrics: metrics, now: now)
        presence = PresenceService(
            store: store, registry: registry, outlet: outlet, semaphore: syncPages, traffic: traffic,
            grace: configuration.presenceGrace, log: log, now: now)
        nodes = outlet.map { [remoteReceipts, registry, presence, traffic] outlet in
            NodeService(
                outlet: outlet, timing: timing, receipts: remoteReceipts, registry: registry, presence: presence,
                traffic: traffic, log: log, now: now)
        }
    }

    /// Stores messages and marks until `finish` was called and everything that waits is in the database.
    public func run() async {
        async let receipts: Void = receipts.run(perform)
        async let remoteReceipts: Void = remoteReceipts.run()
        await commits.run(publish)
        _ = await (receipts, remoteReceipts)
    }

    public func finish() {
        commits.finish()
        receipts.finish()
        remoteReceipts.finish()
    }

    /// Like `finish`, but messages that still wait are not stored.
    public func abandon() {
        commits.abandon()
        receipts.finish()
        remoteReceipts.finish()
    }

    /// Returns when every message received so far was stored or refused, and answered, and every receipt received so
    /// far was given to the store.
    public func flush() async {
        await commits.flush()
        await receipts.flush()
    }

    /// Does the same, but returns after `limit` at the latest.
    public func flush(within limit: Duration) async { await within(limit) { await self.flush() } }

    /// Returns when `body` has, and after `limit` at the latest.
    func within(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
        let (end, signal) = AsyncStream<Void>.makeStream()
        Task {
            await body()
            signal.finish()
        }
        let alarm = Task {
            try await Task.sleep(for: limit)
            signal.finish()
        }
        for await _ in end {}
        alarm.cancel()
    }

    /// Creates the connection of a new socket. Its user is not known yet.
    /// - `bearer`: The token of the upgrade request, if it had one.
    /// - `address`: The client's address, for the log.
    /// - `limitKey`: The key of the connection in the limits while its user is unknown; nil for a client on this
    ///   machine.
    public func connect(
        _ socket: some ClientSocket, bearer: String? = nil, address: String? = nil, limitKey: String? = nil
    ) -> Connection {
        let session = Session(
            limits: configuration.limits, heartbeatMs: configuration.heartbeatMs,
            requiresToken: authenticator != nil, bearer: bearer, outboundBytes: configuration.outboundBytes,
            hasOtherNodes: nodes != nil, userIDs: store.userIDs)
        let number = connectionsSoFar.add(1, ordering: .relaxed).newValue
        return Connection(
            hub: self, socket: socket, session: session, number: number, address: address, limitKey: limitKey)
    }

    /// The number of connections whose user is known.
    public var authorizedConnections: Int {
        registry.withLock(\.count)
    }

    /// Registers the connection as one of the user's, unless the user has reached the limit of connections.
    func register(_ connection: Connection, as user: UserID) {
        registry.withLock { $0.insert(connection, user, limit: configuration.connectionsPerUser) }
    }

    func isRegistered(_ connection: Connection) -> Bool {
        registry.withLock { $0.isRegistered(connection) }
    }

    func identify(_ token: String) async throws(AuthenticationError) -> Identity {
        guard let authenticator else { throw .rejected("tokens are not asked for") }
        return try await authenticator.identify(token, now: now())
    }

    /// Returns the client that makes an HTTP request.
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

    /// Stores the name that a token gives. A failure is only logged, so that a full disk does not prevent log-ins.
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
            isBlocked, other, by: user, at: now(), limit: configuration.blocksPerUser, on: connection)
    }

    private func perform(_ effect: ReceiptQueue<Connection>.Effect) async {
        switch effect {
        case .answer(let answer, let connection): connection.handle(answer)
        case .relay(let event, let user, let origin, let isBehindMessages):
            registry.relay(event, to: user, except: origin, behindMessages: isBehindMessages)
            nodes?.outlet.publish(.relay(event, to: user, behindMessages: isBehindMessages))
        case .deliver(let stored, let user):
            registry.deliver(stored, to: user)
            if let cursor = stored.receiverCursor {
                nodes?.outlet.publish(.feedsGrew([FeedHint(user: user, cursor: cursor)]))
            }
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
        // A bus that is away may carry it when it is back, and nobody types then.
        if let nodes, nodes.problem == nil, registry.withLock({ $0.others.have(receiver) }) {
            nodes.outlet.publish(.relay(.typing(user: user), to: receiver, behindMessages: false))
        }
    }

    // MARK: Shutdown

    /// A connection has ended.
    func remove(_ connection: Connection) {
        timers.cancel(connection)
        presence.remove(connection)
    }

    /// Marks the server as not ready for new clients. From now on the clients are not told that others disconnect.
    public func beginDraining() {
        registry.withLock { $0.isDraining = true }
    }

    public var isDraining: Bool { registry.withLock(\.isDraining) }

    /// Stores the current time as the last-seen time of all users who are online, until the time limit is reached.
    public func recordLastSeenOfOnlineUsers(within limit: Duration) async {
        await presence.recordLastSeenOfOnlineUsers(within: limit)
    }

    /// Stores once in each period that the users who are online were seen, until the task is cancelled.
    public func keepLastSeen(every period: Duration) async { await presence.keepLastSeen(every: period) }
}
