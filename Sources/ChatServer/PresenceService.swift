import ChatWire
import Logging

/// Tells users who of their recent peers is online. It runs presence operations on the store.
final class PresenceService: Sendable {
    private static let recent: Duration = .seconds(30 * 24 * 3600)
    /// The number of conversations on a page. The next page is read after these peers were told.
    static let peersAtOnce = 200
    /// The number of last-seen times in one transaction. It is small, since messages wait for its end.
    static let seenAtOnce = 50

    let store: any MessageStore
    let registry: SharedRegistry
    private let outlet: NodeOutlet?
    /// Limits the pages of peers that are read at the same time.
    let semaphore: PageSemaphore
    private let departures: Departures
    private let traffic: TrafficLimits
    let now: @Sendable () -> Timestamp
    private let log: Logger

    init(
        store: any MessageStore, registry: SharedRegistry, outlet: NodeOutlet?, semaphore: PageSemaphore,
        traffic: TrafficLimits, grace: Duration, log: Logger, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.registry = registry
        self.outlet = outlet
        self.semaphore = semaphore
        self.traffic = traffic
        self.log = log
        self.now = now
        departures = Departures(grace: grace, most: Self.seenAtOnce)
    }

    /// Conversations with a message at or after this time are recent.
    private var recentTimes: Timestamp { now().advanced(by: .zero - Self.recent) }

    /// Tells the peers on one page that the user is online, and tells the connection the marks and presence of those
    /// peers.
    func syncPeers(of user: UserID, from place: PeerPagePosition, on connection: Connection) async throws(StoreError) {
        try await semaphore.withPermit(for: user) { () throws(StoreError) in
            let meeting = try await run(PeerSync(of: user, from: place))
            connection.handle { self.registry.withLock { meeting.result(in: $0) } }
        }
    }

    /// Tells two users that the other one is online, if both were online before their first message.
    func introduce(_ one: UserID, _ other: UserID) {
        Task {
            // If the database fails, the next message introduces them.
            _ = try? await run(Introduction(one: one, other: other))
        }
    }

    /// A connection has ended.
    func remove(_ connection: Connection) {
        let time = now()
        guard let user = registry.withLock({ $0.remove(connection, at: time) }) else { return }
        departures.append(.init(user: user, leftAt: time)) { [self] departures in
            let news = registry.withLock { registry in
                departures.compactMap { PresenceAnnouncement(of: $0, in: &registry) }
            }
            if news.isEmpty { return }
            await logged { () throws(StoreError) in
                let times = news.compactMap { news in news.lastSeen.map { (news.user, $0) } }
                try await store.setLastSeen(Dictionary(uniqueKeysWithValues: times))
                for announcement in news { try await tell(announcement) }
            }
        }
    }

    /// A user began or stopped to block another one.
    func blockChanged(_ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp) async {
        let news = BlockAnnouncement(
            isBlocked: isBlocked, other: other, user: user, time: time, recentTimes: recentTimes)
        await logged { () throws(StoreError) in _ = try await run(news) }
    }

    /// Stores the current time as the last-seen time of all users who are online, until the time limit is reached.
    func recordLastSeenOfOnlineUsers(within limit: Duration) async {
        let (deadline, time) = (ContinuousClock.now + limit, now())
        for some in registry.withLock(\.onlineUsers).pieces(of: Self.seenAtOnce) where ContinuousClock.now < deadline {
            do throws(StoreError) {
                let times = some.map { ($0.user, $0.leftAt ?? time) }
                try await store.setLastSeen(Dictionary(uniqueKeysWithValues: times))
            } catch {
                log.log(.databaseFailed(error))
                return
            }
        }
    }

    /// Stores how long the users who are online have been seen, so that a crash of the server leaves times that are
    /// at most two periods old. Each is written once a period. The writes are spread over it, a few at a time: they wait
    /// behind messages, and no message notices them.
    ///
    /// It runs until its task is cancelled.
    func keepLastSeen(every period: Duration) async {
        while !Task.isCancelled {
            let online = registry.withLock(\.onlineUsers).map(\.user)
            let pieces = online.isEmpty ? [[]] : online.pieces(of: Self.seenAtOnce)
            for some in pieces {
                try? await Task.sleep(for: period / pieces.count)
                if Task.isCancelled { return }
                // The time of who has left meanwhile is stored with the departure.
                await writeLastSeen(now(), of: some) { registry, user in registry.isConnected(user) }
            }
        }
    }

    /// Stores one last-seen time of those of the users for whom it holds, in one transaction.
    func writeLastSeen(
        _ time: Timestamp, of users: [UserID], where holds: @Sendable (Registry<Connection>, UserID) -> Bool
    ) async {
        let meant = registry.withLock { registry in users.filter { holds(registry, $0) } }
        if meant.isEmpty { return }
        await logged { () throws(StoreError) in
            try await store.setLastSeen(Dictionary(uniqueKeysWithValues: meant.map { ($0, time) }))
        }
    }

    // MARK: Operations

    /// - Returns: the operation as it is when all its questions are answered.
    private func run<Operation: PresenceOperation>(_ operation: Operation) async throws(StoreError) -> Operation {
        var operation = operation
        var effects = operation.start()[...]
        while let effect = effects.popFirst() {
            switch effect {
            case .ask(let question):
                let answer = try await answer(to: question)
                effects += registry.withLock { operation.take(answer, in: &$0) }
            case .tell(let peers, let user, let lastSeen):
                tell(peers, about: user, lastSeen: lastSeen)
                tellOtherNodes(peers, about: user, lastSeen: lastSeen)
            case .tellRest(let news): tellRest(news)
            case .relay(let event, let user):
                registry.relay(event, to: user)
                outlet?.publish(.relay(event, to: user, behindMessages: false))
            }
        }
        return operation
    }

    private func tell(_ news: PresenceAnnouncement) async throws(StoreError) {
        try await semaphore.withPermit(for: news.user) { () throws(StoreError) in _ = try await run(news) }
    }

    /// Tells the remaining peers in a task of its own, so that neither the connection nor other users wait for a user
    /// with many peers. The pace is that of the user's permits for pages.
    private func tellRest(_ news: PresenceAnnouncement) {
        Task {
            if let delay = traffic.delay(ofPageFor: news.user, permits: Session.permitsOfPeers) {
                try? await Task.sleep(for: delay)
            }
            guard registry.withLock({ news.isCurrent(in: $0) }) else {
                return registry.withLock { news.end(in: &$0) }
            }
            do throws(StoreError) {
                try await tell(news)
            } catch {
                log.log(.databaseFailed(error))
                registry.withLock { news.end(in: &$0) }
            }
        }
    }

    private func tellOtherNodes(_ peers: [UserID], about user: UserID, lastSeen: Timestamp?) {
        guard let outlet else { return }
        let there = registry.withLock { registry in peers.filter(registry.others.have) }
        if !there.isEmpty { outlet.publish(.tell(there, about: user, lastSeen: lastSeen)) }
    }

    /// Tells those of the peers who are connected here.
    func tell(_ peers: [UserID], about user: UserID, lastSeen: Timestamp?) {
        let connections = registry.withLock { registry in peers.flatMap(registry.connections(of:)) }
        let encoding = SharedEncoding(among: connections.count)
        for connection in connections {
            connection.handle(sharing: encoding) {
                let presence = self.registry.withLock { $0.presence(of: user, lastSeen: lastSeen) }
                return .relay(.presence(presence ?? .init(user: user, isOnline: false)))
            }
        }
    }

    private func answer(to question: PresenceQuestion) async throws(StoreError) -> PresenceAnswer {
        switch question {
        case .marks(let user, let range):
            .marks(try await store.marks(of: user, in: range, since: recentTimes, limit: Self.peersAtOnce))
        case .marksWith(let peer, let user):
            .marksWith(peer, of: user, try await store.marks(of: user, with: peer))
        case .blockedEitherWay(let user, let others):
            .blockedEitherWay(try await store.blockedEitherWay(with: user, among: others))
        case .blockers(let user, let others): .blockers(try await store.blockers(of: user, among: others))
        case .lastSeen(let users): .lastSeen(try await store.lastSeen(of: users))
        case .lastTime(let user, let other): .lastTime(try await store.lastTime(of: user, with: other))
        }
    }

    func logged(_ body: () async throws(StoreError) -> Void) async {
        do throws(StoreError) {
            try await body()
        } catch {
            log.log(.databaseFailed(error))
        }
    }
}
