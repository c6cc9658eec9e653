import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct CopyTests {
    let folder: TemporaryFolder
    let path: String
    let copy: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file()
        copy = folder.file("copy.sqlite")
    }

    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    @Test func aBackupIsOfOneMomentAndPrivate() async throws {
        let store = try SQLiteStore(path: path)
        try await store.store([draft("0")])
        // Each batch is both sides of a conversation. A copy with one side must have the other.
        let writer = Task {
            for round in 1..<200 where !Task.isCancelled {
                try await store.store([draft("\(round)"), draft("\(round)", from: bob, to: alice)])
            }
        }
        try DatabaseCopy.back(up: path, to: copy)
        writer.cancel()
        try await writer.value
        #expect(try mode(of: copy) == 0o600)
        let database = try DatabaseQueue(path: copy)
        #expect(try await database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) % 2 FROM messages") } == 1)
        try database.close()
        #expect(try files.filter { $0.hasPrefix("copy") } == ["copy.sqlite"])
    }

    @Test func nothingIsWrittenOver() throws {
        try SQLiteStore(path: path).close()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: copy))
        try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "nowhere")
        for name in [copy, folder.file("link"), path] {
            #expect(throws: StoreOpenError.taken(name)) {
                try DatabaseCopy.back(up: path, to: name)
            }
        }
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == "precious")
        #expect(try files == ["chat.sqlite", "copy.sqlite", "link"])
    }

    @Test func aCopyBeginsANewEpochOnce() async throws {
        let store = try SQLiteStore(path: path)
        try await store.store([draft("1")])
        try DatabaseCopy.back(up: path, to: copy)
        let epochs = try (0..<2).map { _ in
            let opened = try SQLiteStore(path: copy)
            defer { try? opened.close() }
            return opened.epoch
        }
        #expect(epochs[0] != store.epoch && epochs[0] == epochs[1])
        #expect(try await SQLiteStore(path: copy).texts() == ["1"])
    }

    @Test func aRestoreSetsAsideWhatWasThere() async throws {
        let store = try SQLiteStore(path: path)
        try await store.store([draft("1")])
        try DatabaseCopy.back(up: path, to: copy)
        try await store.store([draft("2")])
        #expect(throws: StoreOpenError.inUse(path)) {
            try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        }
        let epoch = store.epoch
        try store.close()
        #expect(try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old") == [path + ".old"])
        let restored = try SQLiteStore(path: path)
        #expect(try await restored.texts() == ["1"])
        #expect(restored.epoch != epoch)
        #expect(try mode(of: path) == 0o600)
        #expect(try await SQLiteStore(path: path + ".old").texts() == ["1", "2"])
    }

    @Test func onlyAServersDatabaseIsRestored() throws {
        try DatabaseQueue(path: copy).write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
        try SQLiteStore(path: path).close()
        #expect(throws: StoreOpenError.foreign(copy)) {
            try DatabaseCopy.restore(copy, to: path, setAsideAs: ".old")
        }
        #expect(try files == ["chat.sqlite", "copy.sqlite"])
    }
}
