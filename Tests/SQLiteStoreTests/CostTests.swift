import ChatServer
import ChatWire
import Foundation
import GRDB
import GRDBSQLite
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

/// No event and no route costs more because of what users stored before. The cost is counted in steps of SQLite's
/// virtual machine: unlike time, these do not depend on the machine, only by a few on random ids. The table in `Costs.md` lists
/// the limits.
@Suite struct CostTests {
    /// The calls of the store that an event or a route makes.
    struct Call: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var run: @Sendable (any MessageStore) async throws -> Void

        var writes: Bool {
            let writing = [
                "message: stored", "message: withheld", "auth: a new name", "auth: when one leaves",
                "ack of all at once",
                "read: one further", "read: all the rest", "block", "block, one too many", "unblock",
            ]
            return writing.contains(testDescription)
        }

        /// The steps of a call that handles a part of what was stored, up to a fixed number of messages. They are more
        /// where there is so much, and do not grow from there.
        var partSteps: Int { testDescription == "unblock" ? 60_000 : 0 }

        init(_ name: String, _ run: @escaping @Sendable (any MessageStore) async throws -> Void) {
            testDescription = name
            self.run = run
        }
    }

    static let events: [ClientEvent] = [
        .auth(.init(user: alice)), .message(.init(sender: alice, receiver: bob, text: "x")), .ack(cursor: 1),
        .read(otherUser: bob, messageID: ""), .typing(receiver: bob), .refresh(token: ""), .block(bob), .unblock(bob),
        .isBlocked(bob), .unknown(type: ""),
    ]

    /// Alice blocks thousands and is blocked by thousands. She has thousands of conversations, and bob wrote thousands
    /// of messages that she never sees.
    static func calls(of event: ClientEvent) -> [Call] {
        switch event {
        case .auth:
            [
                Call("auth: the account") { _ = try await $0.account(of: alice, resume: nil) },
                Call("auth: the account, to resume") {
                    _ = try await $0.account(of: alice, resume: FeedPosition(epoch: "", cursor: 90))
                },
                Call("auth: a new name") { try await $0.setName("Алиса", of: alice) },
                Call("auth: a page of the feed") { _ = try await $0.feed(of: alice, after: 10, limit: 256) },
                Call("auth: marks of recent conversations") { _ = try await marks(of: alice, $0, since: noon) },
                Call("auth: marks where all is old") {
                    _ = try await marks(of: alice, $0, since: .init(seconds: 1 << 40))
                },
                Call("auth: a later page of marks") {
                    let page = try await $0.marks(of: alice, in: .init(), since: noon, limit: 200)
                    let range = ConversationRange(before: try #require(page.oldest) + 100)
                    _ = try await $0.marks(of: alice, in: range, since: noon, limit: 200)
                },
                Call("auth: who of the peers is apart") {
                    _ = try await $0.blockedEitherWay(with: alice, among: strangers)
                },
                Call("auth: who of them blocks") { _ = try await $0.blockers(of: alice, among: strangers) },
                Call("auth: who of them was here") { _ = try await $0.lastSeen(of: strangers) },
                Call("auth: when one leaves") { try await $0.setLastSeen(noon, of: alice) },
            ]
        case .message:
            [
                Call("message: stored") { _ = try await $0.append([draft("x", from: alice, to: carol)]) },
                Call("message: withheld") { _ = try await $0.append([draft("x", from: bob, to: alice)]) },
                Call("message: a repeat") { _ = try await $0.earlierOutcome(of: draft("x", id: "unknown")) },
                Call("message: who meets") { _ = try await $0.isBlockedEitherWay(alice, carol) },
            ]
        case .ack:
            [
                Call("ack of all at once") {
                    _ = try await $0.acknowledge([Acknowledgement(user: carol, cursor: .max)], atMost: 128)
                }
            ]
        case .read:
            [
                Call("read: one further") { try await read(3, $0) },
                Call("read: all the rest") { try await read(nil, $0) },
                Call("read: whom to tell") { _ = try await $0.isBlockedEitherWay(alice, bob) },
            ]
        case .typing: [Call("typing") { _ = try await $0.isBlockedEitherWay(alice, bob) }]
        case .refresh, .unknown: []
        case .block, .unblock:
            [
                Call("block") {
                    _ = try await $0.setBlocked(true, carol, by: alice, at: noon, limit: 1 << 20, atMost: 256)
                },
                Call("block, one too many") {
                    _ = try await $0.setBlocked(true, user("z"), by: alice, at: noon, limit: 9, atMost: 256)
                },
                Call("block: whom to tell") { _ = try await $0.lastTime(of: alice, with: carol) },
                Call("block: the marks afterwards") { _ = try await $0.marks(of: alice, with: carol) },
                Call("unblock") {
                    _ = try await $0.setBlocked(false, bob, by: alice, at: noon, limit: 1 << 20, atMost: 256)
                },
            ]
        case .isBlocked: [Call("is_blocked") { _ = try await $0.isBlocked(bob, by: alice) }]
        }
    }

    static let routes = [
        Call("GET /messages") { _ = try await $0.conversation(of: carol, with: dave, before: nil, limit: 100) },
        Call("GET /messages of somebody blocked") {
            _ = try await $0.conversation(of: alice, with: bob, before: nil, limit: 100)
        },
        Call("GET /messages, as the blocked one") {
            _ = try await $0.conversation(of: bob, with: alice, before: nil, limit: 100)
        },
        Call("GET /conversations") { _ = try await $0.conversations(of: alice, limit: 100) },
        Call("GET: whether banned") { _ = try await $0.isBanned(alice) },
        Call("GET /readyz") { _ = try await $0.lastCursor(of: alice) },
    ]

    @Test func theTableNamesEveryEvent() {
        #expect(Set(Self.events.map(\.kind)).count == Self.events.count)
    }

    @Test func nothingCostsMoreBecauseOfWhatWasStored() async throws {
        let calls = Self.events.flatMap(Self.calls) + Self.routes
        let few = try await Self.steps(of: calls, inAWorldOf: 300)
        let many = try await Self.steps(of: calls, inAWorldOf: 6000)
        for (call, (few, many)) in zip(calls, zip(few, many)) {
            let most = max(few + few / 4 + 64, call.partSteps)
            #expect(many <= most, "\(call.testDescription): \(few) steps, then \(many)")
        }
        #expect(many.count { $0 > 0 } > calls.count / 2, "the steps are not counted")
    }

    /// The same holds while the newest messages cannot be settled.
    @Test func noReadCostsMoreWhileTheEndIsNotSettled() async throws {
        let calls = (Self.calls(of: Self.events[0]) + Self.routes).filter { !$0.writes }
        let few = try await Self.steps(of: calls, inAWorldOf: 300, isSettled: false)
        let many = try await Self.steps(of: calls, inAWorldOf: 6000, isSettled: false)
        for (call, (few, many)) in zip(calls, zip(few, many)) {
            let most = max(few + few / 4 + 64, call.partSteps)
            #expect(many <= most, "\(call.testDescription): \(few) steps, then \(many)")
        }
    }

    /// Reads use keys, also through the views that then replace the tables.
    @Test func nothingGoesThroughATableWhileTheEndIsNotSettled() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        try await Self.fill(store, 300)
        try await Self.leaveSomeUnsettled(store)
        let counter = StepCounter()
        try await Self.watchReaders(of: store, with: counter)
        let calls = Self.events.flatMap(Self.calls) + Self.routes
        for call in calls where !call.writes { try await call.run(store) }
        _ = try await store.peers(of: alice)
        let queries = counter.queries.withLock { $0 }.filter { $0.hasPrefix("SELECT") && $0.contains("FROM") }
        #expect(queries.count > 10)
        // Tables that may be scanned: they are restricted by a key already, hold one row, or hold only unsettled
        // messages.
        let small: Set = [
            "own", "page", "settled", "main.settled", "unsettled_end", "temp.unsettled_end", "new", "bans", "json_each",
        ]
        try await store.pool.read { database in
            try UnsettledView.run(database) {
                for query in queries {
                    let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(query)")
                    statement.setUncheckedArguments([])
                    let plan = try Row.fetchAll(statement).map { $0["detail"] as String }
                    let scanned = plan.filter { $0.hasPrefix("SCAN ") }.map { $0.split(separator: " ")[1] }
                    let large = scanned.filter { !small.contains(String($0)) && !$0.hasPrefix("(") && $0 != "CONSTANT" }
                    #expect(large.isEmpty, "\(query): \(plan)")
                }
            }
        }
    }

    /// Each mark counts the messages that it passes, and reaches them from the next anchor, whatever comes after.
    @Test func markAfterMarkCostsTheSame() async throws {
        let calls = (1...40).map { (place: Int) in Call("read \(place)") { try await Self.read(place, $0) } }
        let steps = try await Self.steps(of: calls, inAWorldOf: 6000)
        #expect(steps.allSatisfy { $0 < 1500 }, "\(steps)")
    }

    /// No transaction counts more because the mark moves further. A mark near the end is set in one transaction.
    @Test func aMarkThatJumpsFarHoldsTheLockForShort() async throws {
        func call(_ place: Int) -> Call { Call("read \(place)") { try await Self.read(place, $0) } }
        let steps = try await Self.steps(
            of: [call(200), call(5000), call(5000), call(5950), call(5960)], inAWorldOf: 6000)
        #expect(steps[1] <= steps[0] + steps[0] / 4 + 64 && steps[2] <= steps[1] + steps[1] / 4 + 64, "\(steps)")
        #expect(steps.allSatisfy { $0 < 6000 }, "\(steps)")
    }

    /// An operator's deletion holds the write lock for only a few steps at a time, whatever others stored, and however
    /// many users the deleted one blocked, was blocked by, or wrote to.
    @Test func aDeletionHoldsTheLockForShort() async throws {
        let (few, many) = (
            try await Self.longestDeletion(inAWorldOf: 200), try await Self.longestDeletion(inAWorldOf: 2000)
        )
        for (user, (few, many)) in zip(["alice", "nobody"], zip(few, many)) {
            #expect(few > 0 && many <= few + few / 4 + 64, "\(user): \(few) steps, then \(many)")
        }
    }

    /// For alice, who has as many blocks, and for a user without any data.
    private static func longestDeletion(inAWorldOf count: Int) async throws -> [Int] {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        for start in stride(from: 0, to: count, by: 100) {
            try await store.store((start..<start + 100).map { draft("x", from: user("stranger\($0)"), to: carol) })
        }
        try await fillBlocks(store, count)
        try await store.store([draft("1"), draft("2", from: bob, to: alice)])
        #expect(await store.settler.settle(within: .seconds(60)))
        let counter = StepCounter()
        try await store.pool.writeWithoutTransaction { counter.watch($0) }
        var longest: [Int] = []
        for name in ["alice", "nobody"] {
            let transactions = TransactionLengths(counter)
            store.pool.add(transactionObserver: transactions, extent: .databaseLifetime)
            _ = try await store.delete(user(name), at: noon)
            longest.append(transactions.longest.load(ordering: .relaxed))
            store.pool.remove(transactionObserver: transactions)
        }
        try store.close()
        return longest
    }

    // MARK: - A world of so many

    private static let dave = user("dave")
    private static let strangers = (0..<200).map { user("stranger\($0)") }

    private static func marks(
        of user: UserID, _ store: any MessageStore, since: Timestamp
    ) async throws -> [ConversationMarks] {
        try await store.marks(of: user, in: .init(), since: since, limit: 200).marks
    }

    /// Carol marks dave's messages as read, up to a place or all of them.
    private static func read(_ place: Int?, _ store: any MessageStore) async throws {
        let last = try await store.lastCursor(of: carol)
        let feed = try await store.feed(of: carol, after: (place ?? last) - 1, limit: 1)
        _ = try await store.markRead([ReadMark(user: carol, peer: dave, messageID: feed[0].message.id)], atMost: 128)
    }

    private static func fill(_ store: SQLiteStore, _ count: Int) async throws {
        // Thousands from bob and dave first, then one from each stranger.
        try await store.store((0..<9).map { draft("\($0)", from: bob, to: alice) })
        _ = try await store.setBlocked(true, bob, by: alice, at: noon, limit: .max, atMost: 256)
        for _ in 0..<count / 100 {
            try await store.store((0..<100).map { draft("\($0)", from: dave, to: carol) })
            try await store.store((0..<100).map { draft("\($0)", from: bob, to: alice) })
        }
        for start in stride(from: 0, to: count, by: 100) {
            try await store.store((start..<start + 100).map { draft("x", from: user("stranger\($0)"), to: alice) })
        }
        try await fillBlocks(store, count)
    }

    /// Stores forty messages that cannot be settled, as on a full disk, for as long as the test lasts.
    private static func leaveSomeUnsettled(_ store: SQLiteStore) async throws {
        try await store.stopSettling()
        try await store.store((0..<20).map { draft("\($0)", from: user("stranger\($0)"), to: alice) })
        try await store.store((0..<20).map { draft("\($0)", from: dave, to: carol) })
        #expect(await !store.settler.settle(within: .seconds(60)))
    }

    private static func fillBlocks(_ store: SQLiteStore, _ count: Int) async throws {
        try await store.pool.write { database in
            for number in 0..<count {
                try database.execute(
                    sql: "INSERT INTO blocks VALUES ('alice', ?1, 1, 0), (?2, 'alice', 1, 0)",
                    arguments: ["blocked\(number)", "blocker\(number)"])
                try database.execute(
                    sql: """
                        INSERT INTO kept_profiles (user_id, peer_id)
                        VALUES ('alice', ?1), (?1, 'alice'), ('alice', ?2), (?2, 'alice')
                        """, arguments: ["blocked\(number)", "blocker\(number)"])
            }
        }
    }

    /// The steps of SQLite's virtual machine that each call took.
    private static func steps(
        of calls: [Call], inAWorldOf count: Int, isSettled: Bool = true
    ) async throws -> [Int] {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        try await fill(store, count)
        #expect(await store.settler.settle(within: .seconds(60)))
        if !isSettled { try await leaveSomeUnsettled(store) }
        let counter = StepCounter()
        // While settling fails, it is retried every second.
        if isSettled { try await store.pool.writeWithoutTransaction { counter.watch($0) } }
        try await watchReaders(of: store, with: counter)
        var steps: [Int] = []
        for call in calls {
            // Otherwise the writer's cache would hold all of a small world.
            store.settler.forget()
            let before = counter.count.load(ordering: .relaxed)
            try await call.run(store)
            // The later cost of a message counts as its own.
            if isSettled { _ = await store.settler.settle(within: .seconds(60)) }
            steps.append(counter.count.load(ordering: .relaxed) - before)
        }
        try store.close()
        return steps
    }

    /// Any of the pool's connections may do a read, so all are held until each is watched.
    private static func watchReaders(of store: SQLiteStore, with counter: StepCounter) async throws {
        let pool = store.pool
        let most = pool.configuration.maximumReaderCount
        let deadline = ContinuousClock.now + .seconds(60)
        try await withThrowingTaskGroup { group in
            for _ in 0..<most {
                group.addTask {
                    try await pool.read { database in
                        _ = try Row.fetchOne(database, sql: "SELECT * FROM blocks")  // reads the schema
                        try UnsettledView.run(database) {}  // scans the unsettled messages once
                        counter.watch(database)
                        counter.readers.add(1, ordering: .relaxed)
                        while counter.readers.load(ordering: .relaxed) < most, ContinuousClock.now < deadline {
                            usleep(1000)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try #require(counter.readers.load(ordering: .relaxed) == most)
    }
}

private final class StepCounter: Sendable {
    let count = Atomic(0)
    let queries = Mutex<Set<String>>([])
    /// The number of reading connections that are watched.
    let readers = Atomic(0)

    func watch(_ database: Database) {
        var statement = sqlite3_next_stmt(database.sqliteConnection, nil)
        while let prepared = statement {  // resets what cached statements counted before
            _ = sqlite3_stmt_status(prepared, SQLITE_STMTSTATUS_VM_STEP, 1)
            statement = sqlite3_next_stmt(database.sqliteConnection, prepared)
        }
        // It cannot be a progress handler: a connection has only one, and the store's time limit uses it.
        sqlite3_trace_v2(
            database.sqliteConnection, UInt32(SQLITE_TRACE_PROFILE),
            { _, context, statement, _ in
                if let context, let statement {
                    let steps = sqlite3_stmt_status(OpaquePointer(statement), SQLITE_STMTSTATUS_VM_STEP, 1)
                    let counter = Unmanaged<StepCounter>.fromOpaque(context).takeUnretainedValue()
                    counter.count.add(Int(steps), ordering: .relaxed)
                    if let query = sqlite3_sql(OpaquePointer(statement)) {
                        counter.queries.withLock { _ = $0.insert(String(cString: query)) }
                    }
                }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

/// The longest transaction, in steps.
private final class TransactionLengths: TransactionObserver, Sendable {
    let longest = Atomic(0)
    private let counter: StepCounter
    private let before: Atomic<Int>

    init(_ counter: StepCounter) {
        self.counter = counter
        before = Atomic(counter.count.load(ordering: .relaxed))
    }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidRollback(_ database: Database) {}

    func databaseDidCommit(_ database: Database) {
        let now = counter.count.load(ordering: .relaxed)
        let steps = now - before.exchange(now, ordering: .relaxed)
        longest.max(steps, ordering: .relaxed)
    }
}

extension ClientEvent {
    fileprivate var kind: String {
        switch self {
        case .auth: "auth"
        case .message: "message"
        case .ack: "ack"
        case .read: "read"
        case .typing: "typing"
        case .refresh: "refresh"
        case .block: "block"
        case .unblock: "unblock"
        case .isBlocked: "is_blocked"
        case .unknown: "unknown"
        }
    }
}
