import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

/// What a restore finds at the database's path, and what it leaves.
@Suite struct RestoreTests {
    let folder: TemporaryFolder
    let path: String
    let copy: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file()
        copy = folder.file("copy")
    }

    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    private func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// The files of a killed server: `1` is in the copy and in the database, `2` only in the log.
    private func makeFilesOfAKilledServer() async throws {
        let other = folder.file("other")
        let store = try SQLiteStore(path: other)
        try await store.store([draft("1")])
        try DatabaseCopy.back(up: other, to: copy)
        try await store.store((0..<50).map { draft("2", from: bob, to: UserID("peer\($0)")!) } + [draft("2")])
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: other + suffix, toPath: path + suffix) }
        try store.close()
        try remove(other)
    }

    private func isWhole(_ path: String) throws -> Bool {
        let database = try DatabaseQueue(path: path)
        defer { try? database.close() }
        return try database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok"
    }

    @Test(arguments: [true, false]) func theLogOfAKilledServerStaysWithItsDatabase(isThere: Bool) async throws {
        try await makeFilesOfAKilledServer()
        if !isThere { try remove(path) }
        let aside = try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        #expect(aside == (isThere ? [path + ".old"] : [path + ".old-wal"]))
        #expect(try files == ["chat.sqlite", isThere ? "chat.sqlite.old" : "chat.sqlite.old-wal", "copy"])
        #expect(try isWhole(path))
        #expect(try await SQLiteStore(path: path).texts() == ["1"])
        if isThere { #expect(try await SQLiteStore(path: path + ".old").texts() == ["1", "2"]) }
    }

    @Test(arguments: ["-journal", "-shm", "-wal"]) func whateverIsLeftIsNotTakenForTheCopys(suffix: String) throws {
        try SQLiteStore(path: folder.file("other")).close()
        try DatabaseCopy.back(up: folder.file("other"), to: copy)
        try write("left over", path + suffix)
        #expect(try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old") == [path + ".old" + suffix])
        #expect(try String(contentsOfFile: path + ".old" + suffix, encoding: .utf8) == "left over")
        #expect(try files.filter { $0.hasPrefix("chat.sqlite") } == ["chat.sqlite", "chat.sqlite.old" + suffix])
        #expect(try isWhole(path))
    }

    /// Whichever of its files were removed, the server writes on.
    @Test(arguments: [["", "-wal"], ["", "-shm"], [""], ["-wal"], ["-shm"], ["-wal", "-shm"]])
    func aServerThatRunsIsNoticedByWhateverIsLeft(removed: [String]) async throws {
        let store = try SQLiteStore(path: path)
        try await store.store([draft("1")])
        try DatabaseCopy.back(up: path, to: copy)
        for suffix in removed {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: folder.file("away" + suffix))
        }
        let before = try files
        #expect(throws: StoreOpenError.inUse(path)) {
            try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        }
        #expect(throws: StoreOpenError.inUse(path)) { try SQLiteStore(path: path) }
        #expect(try files == before)
        for suffix in removed {
            try FileManager.default.moveItem(atPath: folder.file("away" + suffix), toPath: path + suffix)
        }
        try await store.store([draft("2")])
        try store.close()
        #expect(try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old") == [path + ".old"])
    }

    @Test func whoeverHasTheDatabaseOpenKeepsIt() throws {
        try SQLiteStore(path: path).close()
        try DatabaseCopy.back(up: path, to: copy)
        let reader = try DatabaseQueue(path: path)
        #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM messages") } == 0)
        let before = try files
        #expect(throws: StoreOpenError.locked(path)) {
            try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        }
        #expect(try files == before)
        try reader.close()
        #expect(try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old") == [path + ".old"])
    }

    @Test func nothingThatWasSetAsideIsReplaced() async throws {
        try await makeFilesOfAKilledServer()
        try write("somebody's", path + ".old-2-wal")
        let names = try (0..<3).map { _ in try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old") }
        #expect(names == [[path + ".old"], [path + ".old-3"], [path + ".old-4"]])
        #expect(try await SQLiteStore(path: path + ".old").texts() == ["1", "2"])
        #expect(try await SQLiteStore(path: path + ".old-3").texts() == ["1"])
    }

    @Test func whatAKilledRestoreLeftIsInNobodysWay() async throws {
        try await makeFilesOfAKilledServer()
        for suffix in ["", "-journal"] { try write("half a copy", path + ".restoring" + suffix) }
        try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        #expect(try isWhole(path))
        #expect(try files == ["chat.sqlite", "chat.sqlite.old", "copy"])
        // A file that no restore made is left alone.
        try FileManager.default.createSymbolicLink(atPath: path + ".restoring", withDestinationPath: copy)
        #expect(throws: StoreOpenError.self) { try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old") }
        #expect(try isWhole(copy))
        try remove(path + ".restoring")
        try FileManager.default.moveItem(atPath: copy, toPath: path + ".restoring")
        #expect(throws: StoreOpenError.self) {
            try DatabaseCopy.restore(path + ".restoring", to: path, setAsideAs: ".old")
        }
        #expect(try isWhole(path + ".restoring"))
    }

    /// The name is the longest that a database can have, and too long for its log.
    @Test(arguments: [false, true]) func theDatabaseStaysUntilTheCopyIsInItsPlace(isDamaged: Bool) async throws {
        try await makeFilesOfAKilledServer()
        if isDamaged {
            try write(String(repeating: "damaged", count: 1000), path)
            try write("left over", path + "-wal")
        }
        let suffix = "." + String(repeating: "x", count: 254 - "chat.sqlite".utf8.count)
        if isDamaged {
            let before = try files
            #expect(throws: StoreOpenError.unusable(path, reason: "File name too long")) {
                try DatabaseCopy.restore(copy, to: path, setAsideAs: suffix)
            }
            #expect(try files == before)
        } else {
            #expect(try DatabaseCopy.restore(copy, to: path, setAsideAs: suffix) == [path + suffix])
            try FileManager.default.moveItem(atPath: path + suffix, toPath: folder.file("short"))
            #expect(try await SQLiteStore(path: folder.file("short")).texts() == ["1", "2"])
        }
    }

    @Test func aCopyThatIsNoneLeavesNothing() throws {
        try DatabaseQueue(path: copy).write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
        #expect(throws: StoreOpenError.foreign(copy)) {
            try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        }
        #expect(try files == ["copy"])
    }

    /// SQLite would make a database of it and delete the log.
    @Test func anEmptyFileIsNoDatabaseToCommands() throws {
        let empty = folder.file("empty")
        try write("", empty)
        try write("a log", empty + "-wal")
        let missing = StoreOpenError.missing(empty)
        #expect(throws: missing) { try SQLiteStore(path: empty, as: .command) }
        #expect(throws: missing) { try DatabaseCopy.back(up: empty, to: copy) }
        #expect(throws: missing) { try DatabaseCopy.restore(empty, to: path, setAsideAs: ".old") }
        #expect(try String(contentsOfFile: empty, encoding: .utf8).isEmpty)
        #expect(try files == ["empty", "empty-wal"])
        try DatabaseQueue(path: empty + "2").write { try $0.execute(sql: "PRAGMA user_version = 1") }
        #expect(throws: StoreOpenError.missing(empty + "2")) {
            try SQLiteStore(path: empty + "2", as: .command)
        }
    }
}
