import ChatServer
import ChatWire
import Foundation
import GRDB
import HostSystem
import StoreContract
import Testing

@testable import SQLiteStore

/// The write-ahead log is lengthened before commits need it.
@Suite struct LogRoomTests {
    let folder: TemporaryFolder
    private let room = 3 << 19

    init() throws { folder = try TemporaryFolder() }

    private func open(logLimit: Int? = nil) throws -> SQLiteStore {
        try SQLiteStore(path: folder.file(), as: .server, logLimit: logLimit ?? 2 * room)
    }

    private var log: String { folder.file() + "-wal" }
    private var logBytes: Int { FileSize.bytes(of: log) }

    @Test func fewMessagesLengthenTheLog() async throws {
        let store = try open()
        var lengths: Set<Int> = []
        for number in 0..<200 {
            try await store.store([draft("\(number)")])
            // The log is lengthened behind the answer.
            try await store.withWriter { _ in }
            lengths.insert(logBytes)
        }
        // The first 16 commits do, and then there are steps.
        #expect(lengths.count < 40, "\(lengths.sorted())")
        #expect(logBytes <= room)
        #expect(try await store.texts() == (0..<200).map { "\($0)" })
    }

    /// The disk gets at most twice what is used, and nothing where nobody writes.
    @Test func anIdleServerWritesNothing() async throws {
        let store = try open()
        for number in 0..<100 { try await store.store([draft("\(number)")]) }
        #expect(await store.settler.settle(within: .seconds(60)))
        store.truncateLog()
        try await eventually("the log is truncated") { logBytes == 0 }
        for _ in 0..<5 { try await store.withWriter { store.checkpoints.noteCommit($0) } }
        #expect(logBytes == 0)
    }

    /// Nobody takes the zeros for messages, and the next server finds what was stored.
    @Test func whatACrashLeavesIsRead() async throws {
        let store = try open()
        for number in 0..<100 { try await store.store([draft("\(number)")]) }
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.file() + end, toPath: folder.file("crashed") + end)
        }
        let next = try SQLiteStore(path: folder.file("crashed"), as: .server, logLimit: 2 * room)
        #expect(try await next.texts() == (0..<100).map { "\($0)" })
    }

    /// An operator's command writes beside a server, in a process of its own: both append to the log.
    @Test(.timeLimit(.minutes(5))) func itIsLengthenedBesideAnotherProgramThatWrites() async throws {
        let store = try open(logLimit: 8 << 20)
        let other = try DatabaseQueue(path: folder.file())
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA busy_timeout = 60000; CREATE TABLE others (number INTEGER)")
        }
        let count = 200
        for number in 1...count {
            try await other.write { try $0.execute(sql: "INSERT INTO others VALUES (?)", arguments: [number]) }
            try await store.store([draft("\(number)", id: "\(number)")])
        }
        let (found, verdict) = try await other.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM others"),
                try String.fetchOne(database, sql: "PRAGMA integrity_check")
            )
        }
        #expect(found == count)
        #expect(verdict == "ok")
        #expect(try await store.lastCursor(of: bob) == count)
    }

    /// Somebody puts other files under the names: they belong to another database.
    @Test func anotherDatabasesLogIsLeftAlone() async throws {
        let store = try open()
        for number in 0..<20 { try await store.store([draft("\(number)")]) }
        try FileManager.default.moveItem(atPath: log, toPath: log + "-moved")
        try Data("another's".utf8).write(to: URL(filePath: log))
        for _ in 0..<50 { try await store.withWriter { store.checkpoints.noteCommit($0) } }
        #expect(try Data(contentsOf: URL(filePath: log)) == Data("another's".utf8))
        try FileManager.default.removeItem(atPath: log)
        try FileManager.default.moveItem(atPath: log + "-moved", toPath: log)
        #expect(try await store.texts().count == 20)
    }

    @Test func anAlmostFullDiskIsLeftAlone() {
        #expect(LogRoom.isAffordable(1 << 20, free: 17 << 20))
        #expect(!LogRoom.isAffordable(1 << 20, free: 16 << 20))
        #expect(!LogRoom.isAffordable(1 << 20, free: nil))
    }
}
