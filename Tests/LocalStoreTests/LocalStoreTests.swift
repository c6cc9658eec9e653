import ChatClient
import ChatWire
import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing

@testable import LocalStore

/// What distinguishes the store on a disk from one in memory.
@Suite struct LocalStoreTests {
    let folder: TemporaryFolder
    let store: LocalStore

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.store()
    }

    /// `isLasting` is true exactly if the content outlives the process.
    @Test(arguments: StoreKind.allCases) func lastingIsWhatOutlivesTheProcess(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            #expect(store.isLasting == (kind == .disk))
        }
    }

    @Test func everythingIsThereAfterARestart() throws {
        try store.apply([
            .page(messages(1...2), peer: bob, hasOlder: true),
            .restart(FeedPosition(epoch: "e1", cursor: 2)),
            .enqueue(unsent("u")), .draft("draft", peer: bob), .mark(ConversationMark(user: bob, read: "1"), peer: bob),
            .profile(name: "Боб", product: Product(id: "p"), peer: bob),
        ])
        let state = try store.state()
        store.close()
        let reopened = try folder.store()
        #expect(reopened.opening == .opened)
        #expect(try reopened.state() == state)
        #expect(throws: StoreFailure.self) { try store.state() }
    }

    @Test func eachServerAndUserHasAFileOfItsOwn() throws {
        try store.apply([.draft("alice's", peer: bob)])
        let others = [
            try folder.store(user: carol), try folder.store(user: user("../../alice/\u{E9}")),
            try LocalStore(folder: folder.data, server: "wss://example.org/", user: alice),
        ]
        for other in others { #expect(try other.state() == StoredState()) }
        let databases = try folder.names().filter { $0.hasSuffix(".sqlite") }
        #expect(databases.count == 4)
        #expect(databases.allSatisfy { $0.wholeMatch(of: /history-[0-9a-f]{32}\.sqlite/) != nil }, "\(databases)")
    }

    // MARK: - Crashes

    /// `kill -9` leaves the file and its log as they are while the store is open.
    @Test func whatApplyReturnedForSurvivesAKill() throws {
        for number in 1...50 {
            try store.apply([.message(message("\(number)")), .draft("draft \(number)", peer: bob)])
            if number % 10 == 0 { try store.apply([.enqueue(unsent("u\(number)"))]) }
            if number % 7 != 0 { continue }
            let crashed = try TemporaryFolder()
            try FileManager.default.createDirectory(atPath: crashed.data, withIntermediateDirectories: true)
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(
                    atPath: folder.files().database + suffix, toPath: crashed.files().database + suffix)
            }
            let state = try crashed.store().state()
            #expect(state.newest.messages.count == number)
            #expect(state.draft == "draft \(number)")
            #expect(state.unsent.count == number / 10)
        }
    }

    /// Kills a window during its work, at a different moment each time.
    @Test(arguments: [5, 20, 50, 120])
    func aKilledWindowLeavesWhatItWasToldIsThere(milliseconds: Int) async throws {
        let (data, progress) = (folder.data, folder.path + "/progress")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [data = data as String, progress = progress as String, milliseconds = milliseconds as Int] in
            let store = try LocalStore(folder: data, server: server, user: alice)
            let done = open(progress, O_CREAT | O_WRONLY | O_APPEND, 0o600)
            for number in 1... {
                try store.apply([.message(message("\(number)")), .enqueue(unsent("\(number)"))])
                try store.apply([.draft("\(number)", peer: bob)])
                write(done, "x", 1)
                if number > 1 { continue }
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                    kill(getpid(), SIGKILL)
                }
            }
        }
        let told = try Data(contentsOf: URL(fileURLWithPath: progress)).count
        let state = try store.state(limit: .max)
        #expect(state.unsent.count == told || state.unsent.count == told + 1)
        #expect(state.unsent.map(\.id) == (1...).prefix(state.unsent.count).map { "\($0)" })
        #expect(state.newest.messages.map(\.message.id.wire) == state.unsent.map(\.id.wire))
        #expect(told > 0)
        #expect(["\(told)", "\(told + 1)"].contains(state.draft?.text))
    }

    @Test func onlyWhatWasWrittenHereWaitsForTheDisk() throws {
        try store.queue.writeWithoutTransaction { database in
            try database.execute(sql: "CREATE TEMP TABLE seen (level)")
            for table in ["unsent", "messages"] {
                try database.execute(
                    sql: """
                        CREATE TEMP TRIGGER on_\(table) AFTER INSERT ON main.\(table)
                        BEGIN INSERT INTO seen SELECT synchronous FROM pragma_synchronous; END
                        """)
            }
        }
        try store.apply([.message(message("1"))])
        try store.apply([.message(message("2")), .enqueue(unsent("1"))])
        try store.apply([.message(message("3"))])
        let (normal, full) = (1, 2)
        #expect(
            try store.queue.read { try Int.fetchAll($0, sql: "SELECT level FROM seen") } == [
                normal, full, full, normal,
            ])
        #expect(try store.queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
    }

    @Test func aFailedTransactionChangesNothing() throws {
        try store.apply([.draft("before", peer: bob)])
        try store.queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.unsent BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        #expect(throws: StoreFailure.failed("no")) {
            try store.apply([.draft("after", peer: bob), .message(message("1")), .enqueue(unsent("1"))])
        }
        #expect(try store.state().draft == "before")
        #expect(try store.shown() == "")
        try store.queue.writeWithoutTransaction { try $0.execute(sql: "DROP TRIGGER refuse") }
        try store.apply([.enqueue(unsent("1"))])
        #expect(try store.state().unsent.count == 1)
    }

    // MARK: - Windows

    @Test func ofManyWindowsOneAdoptsEachMessage() throws {
        for number in 0..<40 { try store.apply([.enqueue(unsent("\(number)"))]) }
        let windows = try (0..<8).map { _ in try folder.store() }
        store.close()
        let adopted = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: windows.count) { index in
            let messages = try? windows[index].adoptUnsent(peer: bob, since: noon)
            adopted.withLock { $0 += (messages ?? []).map(\.id.wire) }
        }
        #expect(adopted.withLock(\.self).sorted() == (0..<40).map { "\($0)" }.sorted())
        #expect(try windows.map { try $0.state().unsent.count }.sorted() == [0, 0, 0, 0, 0, 0, 0, 40])
    }

    @Test func windowsThatOpenAtOnceMakeOneStore() throws {
        let folder = try TemporaryFolder()
        let opened = Mutex<[LocalStore]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            if let store = try? folder.store() { opened.withLock { $0.append(store) } }
        }
        let windows = opened.withLock(\.self)
        #expect(windows.map(\.opening) == Array(repeating: .opened, count: 8))
        DispatchQueue.concurrentPerform(iterations: windows.count) { index in
            for number in 0..<20 { try? windows[index].apply([.message(message("\(index)-\(number)"))]) }
        }
        #expect(try windows[0].page(of: bob, before: nil, limit: 1000).messages.count == 160)
    }

    @Test func aWindowThatIsGoneLeavesNoFile() throws {
        func windows() throws -> Int { try folder.names().count { $0.hasSuffix(".window") } }
        #expect(try windows() == 1)
        // A killed process leaves the file without its lock.
        try Data().write(to: URL(fileURLWithPath: folder.files().window(77)))
        let other = try folder.store()
        #expect(try windows() == 2)
        other.close()
        #expect(try windows() == 1)
        do { _ = try folder.store() }
        #expect(try windows() == 1)
    }

    @Test func aChildProcessKeepsNoLock() throws {
        try store.apply([.enqueue(unsent("1"))])
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        defer { child.terminate() }
        let other = try folder.store()
        store.close()
        #expect(try other.adoptUnsent(peer: bob, since: noon).map(\.id) == ["1"])
    }

    // MARK: - Cost

    @Test func aLongHistoryOpensAtOnce() throws {
        try store.fill(200_000)
        store.close()
        let clock = ContinuousClock()
        let best = try (0..<3).map { _ in
            try clock.measure {
                let store = try folder.store()
                #expect(try store.state(limit: 200).newest.messages.count == 200)
                store.close()
            }
        }.min()
        #expect(try #require(best) < .milliseconds(50))
    }

    @Test func pagesAreOneRangeOfAnIndex() throws {
        let plan = try store.queue.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    EXPLAIN QUERY PLAN SELECT * FROM messages WHERE conversation = 1 AND (order_at, cursor, seq) < (1, 2, 3)
                    ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT 9
                    """
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1)
        #expect(plan.first?.contains("messages_in_order (conversation=? AND (order_at,cursor)<(?,?))") == true)
    }
}

extension LocalStore {
    /// Adds messages with bob, one a second.
    func fill(_ count: Int) throws {
        try apply([.page([message("0", at: 0)], peer: bob, hasOlder: false)])
        try queue.write { database in
            try database.execute(
                sql: """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
                    INSERT INTO messages (conversation, id, is_own, message_text, created_at, order_at, cursor)
                    SELECT 1, lower(hex(randomblob(16))), n % 2, 'Сообщение номер ' || n,
                        \(noon.microseconds) + n * 1000000, \(noon.microseconds) + n * 1000000, n
                    FROM numbers
                    """, arguments: [count])
        }
    }
}
