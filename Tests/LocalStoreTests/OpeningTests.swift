import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import Testing

@testable import LocalStore

/// Files and folders that are not as the store would create them.
@Suite struct OpeningTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        path = folder.files().database
    }

    // MARK: - Modes

    @Test func filesAreTheOwnersOnly() throws {
        let deep = folder.path + "/new/deep"
        let store = try LocalStore(folder: deep, server: server, user: alice)
        try store.apply([.enqueue(unsent("secret"))])
        #expect(try mode(of: folder.path + "/new") == 0o700)
        #expect(try mode(of: deep) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: deep)
        #expect(names.count == 5)  // the database, its log and the log's index, the openingLock, the window
        for name in names { #expect(try mode(of: deep + "/" + name) == 0o600, "\(name)") }
    }

    @Test func whatIsOpenToOthersIsClosedToThem() throws {
        try folder.store().close()
        chmod(folder.data, 0o755)
        chmod(path, 0o644)
        try folder.store().close()
        #expect(try mode(of: folder.data) == 0o755, "a folder that was there keeps its mode")
        #expect(try mode(of: path) == 0o600)
    }

    // MARK: - Broken files

    enum Breakage: CaseIterable {
        case garbage, truncated, schemaPage, otherProgram, otherAccount, folder, danglingLink, lonelyLog, markedDamaged

        func happen(to path: String, _ folder: TemporaryFolder) throws {
            switch self {
            case .garbage:
                try Data(String(repeating: "My diary. ", count: 1000).utf8).write(to: URL(fileURLWithPath: path))
            case .truncated:
                try Self.makeStore(folder)
                truncate(path, 5000)
            case .schemaPage:
                try Self.makeStore(folder)
                let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
                try file.seek(toOffset: 100)
                try file.write(contentsOf: Data(repeating: 0xFF, count: 3996))
                try file.close()
            case .otherProgram:
                try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
            case .otherAccount:
                try folder.store(user: bob).close()
                try FileManager.default.moveItem(atPath: folder.files(user: bob).database, toPath: path)
            case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .danglingLink:
                try FileManager.default.createSymbolicLink(
                    atPath: path, withDestinationPath: folder.data + "/nowhere")
            case .lonelyLog:
                try Self.makeStore(folder)
                try Data("log".utf8).write(to: URL(fileURLWithPath: path + "-wal"))
                unlink(path)
            case .markedDamaged:
                try Self.makeStore(folder)
                var information = stat()
                stat(path, &information)
                folder.files().markDamaged(UInt64(information.st_ino))
            }
        }

        private static func makeStore(_ folder: TemporaryFolder) throws {
            let store = try folder.store()
            try store.apply([.enqueue(unsent("1"))])
            store.close()
        }
    }

    @Test(arguments: Breakage.allCases)
    func aBrokenFileIsSetAside(_ breakage: Breakage) throws {
        try breakage.happen(to: path, folder)
        let content = try? Data(contentsOf: URL(fileURLWithPath: path))
        let store = try folder.store()
        guard case .setAside(let aside) = store.opening else {
            Issue.record("\(store.opening)")
            return
        }
        #expect(aside.hasPrefix(folder.data + "/history-") && aside.hasSuffix(".sqlite"))
        if breakage == .lonelyLog {
            #expect(try Data(contentsOf: URL(fileURLWithPath: aside + "-wal")) == Data("log".utf8))
        } else {
            #expect((try? Data(contentsOf: URL(fileURLWithPath: aside))) == content)
        }
        #expect(try folder.names().contains { $0.contains(".broken-") })
        try store.apply([.enqueue(unsent("2"))])
        let other = try folder.store()
        #expect(other.opening == .opened)
        #expect(try store.state().unsent == [unsent("2")])
    }

    @Test func nothingThatWasSetAsideIsLost() throws {
        for _ in 0..<4 {
            try Data("garbage".utf8).write(to: URL(fileURLWithPath: path))
            try folder.store().close()
            unlink(path)
        }
        #expect(try folder.names().count { $0.contains(".broken-") } == 4)
    }

    @Test func anEmptyFileIsANewStore() throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let store = try folder.store()
        #expect(store.opening == .opened)
        #expect(try store.state() == StoredState())
    }

    @Test func aCrashBeforeTheFirstMigrationDoesNoHarm() throws {
        try DatabaseQueue(path: path).write {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        #expect(try folder.store().opening == .opened)
    }

    @Test func aNewerSchemaIsLeftAlone() throws {
        try folder.store().close()
        try DatabaseQueue(path: path).write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999')") }
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: LocalStore.OpenError.newer) { try folder.store() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        #expect(try folder.names().count { $0.hasSuffix(".sqlite") } == 1)
    }

    @Test func aFileInTheFoldersPlaceIsAnError() throws {
        let taken = folder.path + "/taken"
        try Data().write(to: URL(fileURLWithPath: taken))
        #expect(throws: LocalStore.OpenError.unsafe(FileProblem(path: taken, reason: .notAFolder))) {
            try LocalStore(folder: taken, server: server, user: alice)
        }
    }

    // MARK: - Damage later

    @Test func damageFoundLaterIsAFailureAndANewBeginning() throws {
        do {
            let store = try folder.store()
            try store.fill(2000)
            store.close()
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try file.seekToEnd()
        for page in 40..<(size / 4096) {
            try file.seek(toOffset: page * 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        }
        try file.close()
        let store = try folder.store()
        #expect(store.opening == .opened)
        #expect(throws: StoreFailure.damaged) { try store.state() }
        let next = try folder.store()
        #expect(next.opening != .opened)
        // The window that still has the old file open does not damage the new one, and notices that its file was
        // replaced.
        #expect(throws: StoreFailure.gone) { try store.state() }
        #expect(try folder.store().opening == .opened)
    }

    @Test func aRowThatNobodyWroteIsDamage() throws {
        let store = try folder.store()
        try store.apply([.enqueue(unsent("1"))])
        try store.queue.write { try $0.execute(sql: "UPDATE unsent SET state = 'odd'") }
        #expect(throws: StoreFailure.damaged) { try store.state() }
    }

    // MARK: - Migrations

    /// The database as the first release created it, as the text that `sqlite3 history-….sqlite .dump` prints.
    private func openFirstRelease() throws -> LocalStore {
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/v1.sql")
        let dump = try String(contentsOf: fixture, encoding: .utf8)
        try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: dump) }
        return try folder.store()
    }

    @Test func theFirstReleasesDatabaseIsUnderstood() throws {
        let store = try openFirstRelease()
        #expect(store.opening == .opened)
        #expect(try store.shown() == "| 1 2")
        let state = try store.state()
        #expect(state.position == FeedPosition(epoch: "e1", cursor: 7, messageID: "2"))
        #expect(
            state.newest.messages.first
                == message("1", cursor: 6, clientID: "a\u{0}b", product: Product(id: "p", title: "Лампа")))
        #expect(state.unsent == [unsent("u1", state: .held)])
        #expect(state.draft == "черновик")
        #expect(state.marks == [ConversationMark(user: alice, delivered: "2", read: "1")])
        #expect(state.peerName == "Боб")
        #expect(state.product == Product(id: "p", title: "Лампа"))
        #expect(state.products == [Product(id: "p", title: "Лампа")])
    }

    /// What older programs stored of products is there after the update, each title with its id.
    @Test func productsOfOlderDatabases() throws {
        var store = try folder.store()
        try store.apply([
            .message(message("1", product: Product(id: "p", title: "Лампа"))),
            .message(message("2", product: Product(id: "q"))), .message(message("3", product: Product(id: "p"))),
            .message(message("4", product: Product(title: "Стол"))),
            .message(message("5", product: Product(id: "q", title: "Парта"))),
            .message(message("6", product: Product(id: "p", title: "Торшер"))),
        ])
        let today = try store.state().products
        try store.queue.write { database in
            try database.execute(
                sql: """
                    DROP TABLE products;
                    DELETE FROM grdb_migrations WHERE identifier = 'v5';
                    UPDATE conversations SET product_id = 'r', product_title = 'Шкаф'
                    """)
        }
        store.close()
        store = try folder.store()
        #expect(try store.state().products == today + [Product(id: "r", title: "Шкаф")])
        #expect(
            today == [
                Product(id: "p", title: "Торшер"), Product(id: "q", title: "Парта"), Product(title: "Стол"),
            ])
    }

    /// Fails if a released migration was changed. Add a new one instead.
    @Test func oldDatabasesEndUpWithTodaysSchema() throws {
        func schema(_ store: LocalStore) throws -> Set<String> {
            try store.queue.read { try String.fetchSet($0, sql: "SELECT sql FROM sqlite_schema WHERE sql NOT NULL") }
        }
        #expect(try schema(openFirstRelease()) == schema(folder.store(user: bob)))
    }
}
