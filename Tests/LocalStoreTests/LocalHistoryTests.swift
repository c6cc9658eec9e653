import ChatClient
import ChatWire
import Foundation
import GRDB
import Testing

@testable import LocalStore

/// The history for commands that only read: nothing on the disk changes.
@Suite struct LocalHistoryTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func history(user: UserID = alice) throws(LocalHistory.OpenError) -> LocalHistory {
        try LocalHistory(folder: folder.data, server: server, user: user)
    }

    private func makeHistory() throws {
        let store = try folder.store()
        try store.apply([.page(messages(1...3), peer: bob, hasOlder: false)])
        store.close()
    }

    /// The names and contents in the folder.
    private func content() throws -> [String: Data?] {
        guard FileManager.default.fileExists(atPath: folder.data) else { return [:] }
        return try folder.names().reduce(into: [:]) { content, name in
            content[name] = try? Data(contentsOf: URL(fileURLWithPath: folder.data + "/" + name))
        }
    }

    @Test(arguments: [false, true]) func readsWhatWindowsStored(isWindowOpen: Bool) throws {
        try makeHistory()
        let window = isWindowOpen ? try folder.store() : nil
        try window?.apply([.page(messages(1...4), peer: bob, hasOlder: false)])
        let before = try content().keys.sorted()
        let history = try history()
        let first = try history.run(of: bob, after: nil, limit: 2)
        #expect(first.messages.map(\.message.id) == ["1", "2"] && first.hasNewer)
        let rest = try history.run(of: bob, after: "2", limit: 9)
        #expect(rest.messages.map(\.message.id) == (isWindowOpen ? ["3", "4"] : ["3"]) && !rest.hasNewer)
        #expect(try history.run(of: carol, after: nil, limit: 9).messages.isEmpty)
        #expect(try content().keys.sorted() == before)
        withExtendedLifetime(window) {}
    }

    /// The file was read as one that does not change, since no window had it open.
    @Test(arguments: [false, true]) func aWindowMayOpenBetweenReads(staysOpen: Bool) throws {
        do {
            let store = try folder.store()
            try store.apply([.page(messages(1...3000), peer: bob, hasOlder: false)])
            store.close()
        }
        let history = try history()
        var ids = try history.run(of: bob, after: nil, limit: 500).messages.map(\.message.id)
        let window = try folder.store()
        defer { window.close() }
        try window.apply([.page(messages(3001...6000), peer: bob, hasOlder: true)])
        try window.queue.inDatabase { _ = try $0.checkpoint(.truncate) }
        if !staysOpen { window.close() }
        let names = try folder.names()
        while true {
            let run = try history.run(of: bob, after: ids.last, limit: 500)
            ids += run.messages.map(\.message.id)
            if !run.hasNewer { break }
        }
        #expect(ids == (1...6000).map { MessageID("\($0)") })
        #expect(try folder.names() == names)
    }

    @Test(arguments: [false, true]) func aReadThatAWindowDisturbsIsRepeated(staysOpen: Bool) throws {
        try makeHistory()
        let history = try history()
        var window: LocalStore?
        var reads = 0
        let count = try history.read { database in
            reads += 1
            if reads == 1 {
                let store = try folder.store()
                try store.apply([.page(messages(4...3000), peer: bob, hasOlder: true)])
                if staysOpen { window = store } else { store.close() }
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
            return try Int.fetchOne(database, sql: "SELECT count(*) FROM messages")
        }
        #expect((reads, count) == (2, 3000))
        window?.close()
    }

    @Test func anotherFileInItsPlaceIsNotRead() throws {
        try makeHistory()
        let history = try history()
        let path = folder.files().database
        #expect(throws: StoreFailure.gone) {
            try history.read { _ in try FileManager.default.moveItem(atPath: path, toPath: path + ".aside") }
        }
        try makeHistory()
        #expect(throws: StoreFailure.gone) { try history.run(of: bob, after: nil, limit: 9) }
    }

    @Test func createsNothing() throws {
        #expect(throws: LocalHistory.OpenError.missing) { try history() }
        #expect(!FileManager.default.fileExists(atPath: folder.data))
        try makeHistory()
        let before = try content()
        #expect(throws: LocalHistory.OpenError.missing) { try history(user: bob) }
        #expect(try content() == before)
    }

    @Test(arguments: OpeningTests.Breakage.allCases)
    func leavesABrokenFileAlone(_ breakage: OpeningTests.Breakage) throws {
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        try breakage.happen(to: folder.files().database, folder)
        let before = try content()
        #expect(throws: (any Error).self) {
            _ = try history().run(of: bob, after: nil, limit: 100)
        }
        #expect(try content() == before)
    }

    @Test func anEmptyFileIsNoHistory() throws {
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder.files().database))
        #expect(throws: LocalHistory.OpenError.unreadable(.damaged)) { try history() }
    }

    @Test func aNewerSchemaIsRefused() throws {
        try makeHistory()
        let path = folder.files().database
        try DatabaseQueue(path: path).write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999')") }
        #expect(throws: LocalHistory.OpenError.newer) { try history() }
    }

    /// It is migrated in memory.
    @Test func readsAnOlderSchema() throws {
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        let path = folder.files().database
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator(server: server, user: alice).migrate(queue, upTo: "v1")
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO conversations (id, peer_id) VALUES (1, ?);
                    INSERT INTO messages (conversation, id, is_own, message_text, created_at) VALUES (1, ?, 0, ?, 1)
                    """,
                arguments: [
                    bob.wire.databaseText, "m1".databaseText, "hello".databaseText,
                ])
        }
        try queue.close()
        chmod(path, 0o600)
        let before = try content()
        #expect(try history().run(of: bob, after: nil, limit: 9).messages.map(\.message.text) == ["hello"])
        #expect(try content() == before)
    }

    /// A name that means something in a URI.
    @Test func anyFolderName() throws {
        let odd = folder.path + "/50%?a#b é"
        let store = try LocalStore(folder: odd, server: server, user: alice)
        try store.apply([.page(messages(1...1), peer: bob, hasOlder: false)])
        store.close()
        let history = try LocalHistory(folder: odd, server: server, user: alice)
        #expect(try history.run(of: bob, after: nil, limit: 9).messages.count == 1)
    }
}
