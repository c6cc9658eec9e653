import ChatWire
import Logging
import Synchronization

/// The server without its sockets: who is connected, and the way of a message from one user to the other.
public final class Hub: Sendable {
    public struct Configuration: Sendable {
        public var limits: MessageLimits
        /// How often the transport pings, in milliseconds; clients of protocol 2 are told.
        public var heartbeatMs: Int

        public init(limits: MessageLimits = .init(), heartbeatMs: Int = 25_000) {
            self.limits = limits
            self.heartbeatMs = heartbeatMs
        }
    }

    public let store: any MessageStore
    let commits: CommitQueue
    let now: @Sendable () -> Timestamp
    private let configuration: Configuration
    private let log: Logger
    private let registry = Mutex(Registry())

    public init(
        store: any MessageStore, configuration: Configuration = .init(), log: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.configuration = configuration
        self.log = log
        self.now = now
        commits = CommitQueue(store: store)
    }

    /// Stores messages until `finish` was called and all that waits is in the database.
    public func run() async {
        await commits.run()
    }

    public func finish() {
        commits.finish()
    }

    /// Returns when every message received so far is in the database and was confirmed, or refused.
    public func settle() async {
        await commits.settle()
    }

    /// A new socket. Its user is not known yet.
    public func connect(_ socket: some ClientSocket) -> Connection {
        let session = Session(limits: configuration.limits, heartbeatMs: configuration.heartbeatMs)
        return Connection(hub: self, socket: socket, session: session, log: log)
    }

    /// How many connections have said who they are.
    public var authorizedConnections: Int {
        registry.withLock(\.count)
    }

    func register(_ connection: Connection, as user: UserID) {
        registry.withLock { $0.insert(connection, user) }
    }

    func remove(_ connection: Connection) {
        registry.withLock { $0.remove(connection) }
    }

    func account(of user: UserID) async throws(StoreError) -> Session.Account {
        let profile = try await store.profile(of: user)
        return Session.Account(
            epoch: store.epoch, cursor: try await store.lastCursor(of: user), name: profile.name)
    }

    /// Delivers a stored message to every other device of both its users. Called in commit order, by one task.
    func publish(_ stored: StoredMessage, except origin: Connection, log: Logger) {
        let (senders, receivers) = registry.withLock {
            ($0.connections(of: stored.message.sender), $0.connections(of: stored.message.receiver))
        }
        for connection in senders where connection !== origin { connection.deliver(stored) }
        for connection in receivers { connection.deliver(stored) }
        log.log(
            receivers.isEmpty
                ? .receiverOffline(stored.message.receiver) : .delivered(to: stored.message.receiver))
    }
}

/// Which connections are whose. A user may have several.
private struct Registry {
    private var connections: [UserID: [ObjectIdentifier: Connection]] = [:]
    private var users: [ObjectIdentifier: UserID] = [:]

    var count: Int { users.count }

    func connections(of user: UserID) -> [Connection] {
        connections[user].map { Array($0.values) } ?? []
    }

    mutating func insert(_ connection: Connection, _ user: UserID) {
        remove(connection)  // it may have been registered as another user whose authorisation failed
        users[ObjectIdentifier(connection)] = user
        connections[user, default: [:]][ObjectIdentifier(connection)] = connection
    }

    mutating func remove(_ connection: Connection) {
        let id = ObjectIdentifier(connection)
        guard let user = users.removeValue(forKey: id) else { return }
        connections[user]?.removeValue(forKey: id)
        if connections[user]?.isEmpty == true { connections[user] = nil }
    }
}
