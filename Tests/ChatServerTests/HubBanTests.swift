import ChatWire
import Logging
import Testing

@testable import ChatServer

/// Users that an operator banned.
@Suite("Banned users")
struct HubBanTests {
    private let anna = user("anna")
    private let time = Timestamp(seconds: 1_700_000_000)

    private func auth(_ user: String, _ version: Int?) -> ClientEvent {
        .auth(.init(user: UserID(user)!, protocolVersion: version))
    }

    @Test("a log-in is refused with a reason, and nothing else", arguments: [nil, 2])
    func logIn(_ version: Int?) async throws {
        let store = MemoryStore()
        #expect(await store.setBanned(true, anna, at: time))
        try await withHub(store) { hub in
            let device = Device(hub)
            device.says(auth("anna", version))
            try await device.hears(1, "error")
            #expect(device.heard.count == 1 && device.failures.first?.code == .forbidden)
            #expect(device.failures.first?.message.wire.contains("закрыт") == true)
            #expect(device.closedWith == 4504 && device.closeReason == "the user is banned")
            #expect(hub.metrics.current.refusedConnections[.banned] == 1)
            try await Device(hub).joins(as: "bob", protocolVersion: version)
            #expect(await store.setBanned(false, anna, at: time))
            try await Device(hub).joins(as: "anna", protocolVersion: version)
        }
    }

    @Test("a ban ends connections, and messages on their way are not stored") func connections() async throws {
        let store = MemoryStore()
        try await withHub(store) { hub in
            let (old, new, bob) = (Device(hub), Device(hub), Device(hub))
            try await old.joins(as: "anna")
            try await new.joins(as: "anna", protocolVersion: 2)
            try await bob.joins(as: "bob", protocolVersion: 2)
            #expect(await store.setBanned(true, anna, at: time))
            new.sends("late", from: "anna", to: "bob")
            try await new.hears(1, "error")
            #expect(new.failures.map(\.code) == [.forbidden] && new.closedWith == nil)
            try await hub.disconnectBannedUsers()
            #expect(old.closedWith == 4504 && new.closedWith == 4504 && bob.closedWith == nil)
            #expect(await store.lastCursor(of: anna) == 0)
        }
    }

    @Test("a user who blocks somebody during the ban is told of the ban, and nothing is stored") func otherEvents()
        async throws
    {
        let store = MemoryStore()
        try await withHub(store, .with { $0.presenceGrace = .zero }) { hub in
            let device = Device(hub)
            try await device.joins(as: "anna", protocolVersion: 2)
            #expect(await store.setBanned(true, anna, at: time))
            device.says(.block(user("bob")))
            try await device.hears(1, "error")
            #expect(device.failures.map(\.code) == [.forbidden] && device.closedWith == 4504)
            device.leaves()
            await hub.recordLastSeenOfOnlineUsers(within: .seconds(60))
            #expect(await store.lastSeen(of: [anna]).isEmpty)
            #expect(await !store.isBlocked(user("bob"), by: anna))
        }
    }

    @Test("a banned user can read nothing over HTTP; others can") func http() async throws {
        let store = MemoryStore()
        #expect(await store.setBanned(true, anna, at: time))
        try await withHub(store) { hub in
            let routes = Routes(hub: hub, policy: AccessPolicy())
            func status(_ path: String, _ user: String) async -> Int {
                let query = [(name: "userId", value: user), (name: "otherUserId", value: "carl")]
                return await routes.respond(
                    to: .init(method: "GET", path: path, query: query, host: "localhost:1")
                ).status
            }
            for path in ["/messages", "/conversations"] {
                #expect(await status(path, "anna") == 403)
                #expect(await status(path, "bob") == 200)
            }
        }
    }

    @Test("every route that requires a token checks whether its user is banned", arguments: ["/metrics", "/messages"])
    func tokens(_ path: String) async throws {
        let store = MemoryStore()
        #expect(await store.setBanned(true, anna, at: time))
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = Hub(store: store, authenticator: PlainTokens(), configuration: .unlimited, log: log) { time }
        let routes = Routes(hub: hub, policy: AccessPolicy(allowsRemote: true))
        for (user, status) in [("anna", 403), ("bob", 200)] {
            let query = [(name: "userId", value: user), (name: "otherUserId", value: "carl")]
            let request = Routes.Request(
                method: "GET", path: path, query: query, isLocal: false, bearer: "\(user) until 9999999999")
            #expect(await routes.respond(to: request).status == status)
        }
    }

    @Test(
        "a feed of which messages were deleted is resumed behind them only",
        arguments: [(0, false), (2, false), (3, true), (5, true), (6, false)])
    func resuming(_ cursor: Int, _ isResumed: Bool) {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000)
        let resume = FeedPosition(epoch: "e", cursor: cursor)
        _ = session.handle(.event(.auth(.init(user: anna, protocolVersion: 2, resume: resume))), now: time)
        let actions = session.handle(.authorized(.init(epoch: "e", cursor: 5, feedStart: 3)), now: time)
        #expect(actions.contains(.send(.resyncRequired)) == !isResumed)
    }
}

@Suite("Readiness")
struct ReadinessTests {
    private func routes(_ store: FailingStore, isLogStuck: Bool = false) -> Routes {
        let hub = Hub(
            store: store, authenticator: nil, configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
            Timestamp(seconds: 1_700_000_000)
        }
        return Routes(hub: hub, policy: AccessPolicy(), isLogStuck: { isLogStuck })
    }

    private func ask(_ routes: Routes) async -> Routes.Response {
        await routes.respond(to: .init(method: "GET", path: "/readyz", host: "localhost:1"))
    }

    @Test(arguments: [.full, .locked, .gone, .failed("disk I/O error")] as [StoreError])
    func whatKeepsMessagesFromTheDiskIsTold(error: StoreError) async {
        let store = FailingStore()
        store.error.withLock { $0 = error }
        let answer = await ask(routes(store))
        #expect(answer.status == 503 && answer.body.contains("\(error)".prefix(20)))
    }

    @Test func aStuckLogIsTold() async {
        #expect(await ask(routes(FailingStore(), isLogStuck: true)).status == 503)
    }

    /// Many checks come at once, and again. The disk should not be used for each.
    @Test func manyAreAnsweredByOneCheck() async {
        let store = FailingStore()
        let routes = routes(store)
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { await ask(routes).status } }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(statuses == [200] && store.checks.withLock { $0 } == 1)
    }

    @Test func aDiskThatHangsIsAnswered() async {
        let store = FailingStore()
        store.hangs.withLock { $0 = true }
        #expect(await ask(routes(store)).status == 503)
    }
}
