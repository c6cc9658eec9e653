import ChatServer
import ChatWire
import Foundation
import GRDB
import HostSystem
import StoreContract
import Testing

@testable import SQLiteStore

/// The write-ahead log is preallocated before messages need the space.
@Suite struct LogRoomTests {
    let folder: TemporaryFolder
    private let room = 3 << 19

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> SQLiteStore {
        try SQLiteStore(path: folder.file(), as: .server, logLimit: 2 * room)
    }

    private var logBytes: Int { FileSize.bytes(of: folder.file() + "-wal") }

    @Test func messagesDoNotLengthenTheLog() async throws {
        let store = try open()
        try await eventually("there is room") { logBytes == room }
        for number in 0..<100 { try await store.store([draft("\(number)")]) }
        #expect(logBytes == room)
        #expect(try await store.texts() == (0..<100).map { "\($0)" })
    }

    /// The zeros are not taken for messages, and the next server finds what was stored.
    @Test func whatACrashLeavesIsRead() async throws {
        let store = try open()
        try await eventually("there is room") { logBytes == room }
        try await store.store([draft("1"), draft("2")])
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.file() + end, toPath: folder.file("crashed") + end)
        }
        let next = try SQLiteStore(path: folder.file("crashed"), as: .server, logLimit: 2 * room)
        #expect(try await next.texts() == ["1", "2"])
    }

    /// An operator's command writes beside a server, in a process of its own. Both append at the log's end.
    @Test(.timeLimit(.minutes(5))) func itIsMadeBesideAnotherProgramThatWrites() async throws {
        let store = try SQLiteStore(path: folder.file(), as: .server, logLimit: 64 << 20)
        let other = try DatabaseQueue(path: folder.file())
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA busy_timeout = 60000; CREATE TABLE others (number INTEGER)")
        }
        var count = 0
        while logBytes < 32 << 20 {
            count += 1
            let number = count
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

    @Test func anAlmostFullDiskIsLeftAlone() {
        #expect(LogRoom.isAffordable(1 << 20, free: 17 << 20))
        #expect(!LogRoom.isAffordable(1 << 20, free: 16 << 20))
        #expect(!LogRoom.isAffordable(1 << 20, free: nil))
    }
}
