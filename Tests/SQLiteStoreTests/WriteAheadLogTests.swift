import ChatServer
import ChatWire
import Foundation
import GRDB
import HostSystem
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

@Suite struct WriteAheadLogTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(readLimit: Duration = ReadLimit.standard) throws -> SQLiteStore {
        try SQLiteStore(path: folder.file(), as: .server, logLimit: 1 << 20, readLimit: readLimit)
    }

    private var logBytes: Int { FileSize.bytes(of: folder.file() + "-wal") }

    /// The query takes long enough that another begins before it ends.
    private static let slowly = """
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
        SELECT count(*) FROM numbers, (SELECT count(*) FROM messages)
        """

    @Test(.timeLimit(.minutes(10))) func readsThatOverlapDoNotMakeItGrow() async throws {
        let store = try open()
        let isOver = Mutex(false)
        let isOverNow: @Sendable () -> Bool = { isOver.withLock { $0 } }
        let longest = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !isOverNow() { _ = try await store.read { try Int.fetchOne($0, sql: Self.slowly) } }
                }
            }
            var longest = 0
            let text = String(repeating: "x", count: 4000)
            for round in 0..<300 {
                try await store.store((0..<10).map { draft(text, id: "\(round) \($0)") })
                longest = max(longest, logBytes)
            }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
            return longest
        }
        // Twelve megabytes of text were stored. Writes during the truncation may come on top.
        #expect(longest < 5 << 20, "\(longest)")
        #expect(try await store.lastCursor(of: bob) == 3000)
    }

    @Test func aReadThatTakesTooLongEnds() async throws {
        let store = try open(readLimit: .milliseconds(100))
        let endless =
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT max(n) FROM numbers"
        await #expect(throws: StoreError.failed("a read took too long")) {
            _ = try await store.read { try Int.fetchOne($0, sql: endless) }
        }
        try await store.store([draft("1")])
        #expect(try await store.texts() == ["1"])
    }

    /// A program such as `sqlite3` may begin a transaction and then wait.
    @Test func anotherProgramsReadHoldsItOnlyAsLongAsItLasts() async throws {
        let store = try open()
        try await store.store([draft("1")])
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.file(), configuration: configuration)
        try other.inDatabase { database in
            try database.execute(sql: "BEGIN")
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM messages")
        }
        let text = String(repeating: "x", count: 4000)
        for round in 0..<100 { try await store.store((0..<10).map { draft(text, id: "\(round) \($0)") }) }
        #expect(logBytes > 1 << 20)
        try other.inDatabase { try $0.execute(sql: "COMMIT") }
        try await eventually("the log is cut off") {
            try await store.store([draft("more")])
            return logBytes < 1 << 20
        }
    }

    @Test func aCopyOfTheFileAloneHasItsTables() async throws {
        let store = try open()
        let copy = folder.file("copy.sqlite")
        try FileManager.default.copyItem(atPath: folder.file(), toPath: copy)
        #expect(try await DatabaseQueue(path: copy).read { try $0.tableExists("messages") })
        try await store.store([draft("1")])
        // Nothing is written to the log after this.
        #expect(await store.settler.settle(within: .seconds(60)))
        store.truncateLog()
        try await eventually("the log is cut off") { logBytes == 0 }
        #expect(try await store.texts() == ["1"])
    }
}

/// Waits until a condition holds, for a minute at most.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        try #require(.now < end, "\(what)")
        try await Task.sleep(for: .milliseconds(20))
    }
}
