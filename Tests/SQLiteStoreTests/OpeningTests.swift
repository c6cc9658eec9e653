import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

/// Opening paths and files that the store did not make itself.
@Suite struct OpeningTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file()
    }

    /// SQLite would delete the log of a database that was removed or emptied.
    @Test(arguments: [true, false]) func aLogWithoutItsDatabaseIsLeftAlone(isEmpty: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.file()
        let log = Data("what was written last".utf8)
        try log.write(to: URL(fileURLWithPath: path + "-wal"))
        if isEmpty { try Data().write(to: URL(fileURLWithPath: path)) }
        #expect(throws: StoreOpenError.onlyLog(path: path)) { try SQLiteStore(path: path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + "-wal")) == log)
        #expect(FileManager.default.fileExists(atPath: path) == isEmpty)
    }

    @Test func aFileThatIsNoDatabaseStaysAsItIs() throws {
        let content = Data(String(repeating: "My diary. ", count: 1000).utf8)
        try content.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreOpenError.self) { try SQLiteStore(path: path) }
        #expect(error?.description == "\(path) is not a SQLite database")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.sqlite"])
    }

    @Test func anotherProgramsDatabaseStaysAsItIs() throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: StoreOpenError.foreign(path)) { try SQLiteStore(path: path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test func aNewerSchemaIsRefused() throws {
        try SQLiteStore(path: path).close()
        try DatabaseQueue(path: path).write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999')") }
        let error = #expect(throws: StoreOpenError.self) { try SQLiteStore(path: path) }
        #expect(error?.description == "\(path) was made by a newer version of chat-server")
    }

    @Test func aDamagedFileIsNeverDeleted() throws {
        try SQLiteStore(path: path).close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 100)  // after the header: the page of the schema
        try file.write(contentsOf: Data(repeating: 0xFF, count: 3996))
        try file.close()
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreOpenError.self) { try SQLiteStore(path: path) }
        #expect(error?.description.hasPrefix("the database \(path) is damaged: ") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test func aCrashBeforeTheFirstMigrationDoesNoHarm() async throws {
        try await DatabaseQueue(path: path).write {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try await SQLiteStore(path: path).store([draft("1")])
    }

    @Test func aLockedNewFileIsAnError() throws {
        let other = try LockHolder(path: path)
        #expect(throws: StoreOpenError.locked(path)) { try SQLiteStore(path: path) }
        try other.release()
        try SQLiteStore(path: path).close()
    }

    @Test func aFolderInTheFilesPlaceIsAnError() throws {
        let error = #expect(throws: StoreOpenError.self) { try SQLiteStore(path: folder.path) }
        #expect(error?.description == "cannot open the database \(folder.path): it is not a regular file")
    }

    @Test func aFileInTheFoldersPlaceIsAnError() throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let below = path + "/chat.sqlite"
        let error = #expect(throws: StoreOpenError.self) { try SQLiteStore(path: below) }
        #expect(error?.description == "cannot open the database \(below): \(path): it is not a folder")
    }

    private static func fixture(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    }

    /// Opens a database of an earlier version, given as text: the output of `sqlite3 chat.sqlite .dump`.
    private func open(fixture: String, changedBy change: String = "") throws -> SQLiteStore {
        let dump = try String(contentsOf: Self.fixture(fixture), encoding: .utf8)
        try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: dump + change) }
        return try SQLiteStore(path: path)
    }

    @Test func theFirstReleasesDatabaseIsUnderstood() async throws {
        let store = try open(fixture: "v1.sql")
        #expect(store.epoch == "01234567-89ab-4cde-8f01-23456789abcd")
        #expect(try await store.feedTexts(of: alice) == ["1 Привет 👋🏽", "2 it's \"me\"", "3 and\nthis"])
        #expect(try await store.feedTexts(of: bob) == ["1 Привет 👋🏽", "2 it's \"me\""])
        let page = try await store.conversation(of: bob, with: alice, before: nil, limit: 10)
        #expect(page.messages.map(\.sender.name?.wire) == ["Алиса", nil])
        #expect(page.messages.map(\.productID) == ["p1", nil])
        let repeated = try await store.append([draft("Привет 👋🏽", id: "6f9619ff-8b86-4011-b42d-00c04fc964ff")])
        #expect(repeated.first?.repeated?.message.id == "aaaaaaaa-0000-4000-8000-000000000001")
        #expect(try await store.store([draft("today")])[0].senderCursor == 4)
    }

    @Test func theFirstReleasesConversationsAreListed() async throws {
        let store = try open(fixture: "v1.sql")
        #expect(try await store.list(of: alice) == ["carol: and\nthis 1", "bob: it's \"me\" 1"])
        #expect(try await store.list(of: bob) == ["alice: it's \"me\" 1"])
        #expect(try await store.list(of: carol) == ["alice: and\nthis 0"])
        let lamp = Product(id: "p1", title: "Лампа")
        #expect(try await store.conversations(of: alice, limit: 9).map(\.product) == [nil, lamp])
        #expect(
            try await store.marks(of: alice, in: .init(), since: noon.advanced(by: .seconds(2)), limit: 9).marks
                .map(\.peer.user) == [
                    carol
                ])
        #expect(try await store.marks(of: alice, with: bob) == ["alice - -", "bob - -"])
        #expect(try await store.delivered(alice, 2) == ["it's \"me\""])
        #expect(try await store.markRead(by: alice, with: bob, upTo: "aaaaaaaa-0000-4000-8000-000000000002") == true)
        #expect(try await store.isRead() == [false, true])
        let early = noon.advanced(by: .seconds(-1))
        #expect(try await store.store([draft("today", at: early)])[0].message.createdAt == early)
        #expect(try await store.list(of: alice) == ["bob: today 0", "carol: and\nthis 1"])
    }

    /// An import into the first schema may have set `is_read`.
    @Test func whatWasReadBeforeThereWereMarksStaysRead() async throws {
        let store = try open(fixture: "v1.sql", changedBy: "UPDATE messages SET is_read = 1 WHERE seq = 1")
        #expect(try await store.isRead() == [true, false])
        #expect(try await store.list(of: bob) == ["alice: it's \"me\" 0"])
    }

    @Test func theSecondSchemasMarksAreUnderstood() async throws {
        let store = try open(fixture: "v2.sql")
        #expect(try await store.list(of: alice) == ["bob: Да 2", "carol: and\nthis 0"])
        #expect(
            try await store.marks(of: alice, with: bob) == ["alice it's \"me\" -", "bob Ещё продаёте? -"])
        #expect(try await store.isRead() == [true, false, false, false])
        #expect(try await store.lastSeen(of: [alice, bob]) == [bob: noon.advanced(by: .seconds(200))])
        #expect(try await store.delivered(alice, 3) == [])
        #expect(try await store.delivered(alice, 5) == ["Да"])
    }

    @Test func theThirdSchemasBlocksAreUnderstood() async throws {
        let store = try open(fixture: "v3.sql")
        #expect(try await store.blockedEitherWay(with: alice) == [bob])
        #expect(try await store.feedTexts(of: alice).last == "5 Да")
        #expect(try await store.feedTexts(of: bob).last == "5 Алло?")
        #expect(try await store.list(of: alice) == ["bob: Да 0", "carol: and\nthis 0"])
        #expect(try await store.list(of: bob) == ["alice: Алло? 1"])
        #expect(try await store.setBlocked(false, bob, by: alice))
        // What the block withheld is delivered now.
        #expect(try await store.list(of: alice) == ["bob: Алло? 3", "carol: and\nthis 0"])
        #expect(try await store.store([draft("снова", from: bob, to: alice)])[0].receiverCursor == 7)
    }

    @Test func theFourthSchemasFeedsAreWhole() async throws {
        let store = try open(fixture: "v4.sql")
        #expect(try await store.blockers(of: bob) == [alice: noon.advanced(by: .seconds(200))])
        #expect(try await store.feedStart(of: alice) == 0)
        #expect(try await store.bannedUsers() == [])
        #expect(try await store.setBanned(true, bob, at: noon))
        #expect(try await store.append([draft("снова", from: bob, to: alice)]) == [.banned])
    }

    /// Also if version 6 was applied before version 5.
    @Test(arguments: ["v4.sql", "v6-before-v5.sql"])
    func theFourthSchemasBlocksAreCounted(fixture: String) async throws {
        let store = try open(fixture: fixture)
        #expect(try await store.setBlocked(true, carol, by: alice, at: noon, limit: 1, atMost: 9) == .tooMany)
        #expect(try await store.setBlocked(true, bob, by: alice, at: noon, limit: 1, atMost: 9) == .unchanged)
        #expect(try await store.texts(of: bob, with: alice).last == "Алло?")
        #expect(try await store.texts(of: alice, with: bob).last == "Да")
    }

    @Test func theSixthSchemasBlocksKeepNames() async throws {
        let store = try open(fixture: "v6.sql")
        func shown(_ user: UserID, _ peer: UserID) async throws -> HistoryPage.Profile? {
            try await store.conversation(of: user, with: peer, before: nil, limit: 9).messages
                .first { $0.message.sender == peer }?.sender
        }
        let bobs = HistoryPage.Profile(name: "Боб Иванов", avatarURL: "https://example.org/b.png")
        for user in [alice, bob] { try await store.setName("Звони мне", of: user) }
        #expect(try await shown(alice, bob) == bobs)
        #expect(
            try await shown(bob, alice) == HistoryPage.Profile(name: "Алиса", avatarURL: "https://example.org/a.png"))
        #expect(try await store.conversations(of: alice, limit: 9).map(\.peerName) == [nil, bobs.name])
        #expect(try await store.setBlocked(false, bob, by: alice))
        #expect(try await shown(alice, bob)?.name == "Звони мне")
        // Each of these blocks the other.
        #expect(try await store.keptProfiles() == ["bob carol -", "carol bob Боб Иванов"])
        #expect(try await store.setBlocked(false, bob, by: carol))
        #expect(try await store.setBlocked(false, carol, by: bob))
        #expect(try await store.keptProfiles() == [])
    }

    @Test func theSeventhSchemasUUIDsAreOfOneCase() async throws {
        let change =
            "UPDATE messages SET id = upper(id) WHERE seq = 8; INSERT INTO messages VALUES(10,'M10','bob','carol',"
            + "NULL,NULL,'x',0,1,1,'------------------------AB--------AB',9,0);"
        let store = try open(fixture: "v7.sql", changedBy: change)
        func first(
            _ id: ClientMessageID, _ text: String, from sender: UserID, to receiver: UserID
        ) async throws -> MessageID? {
            try await store.append([draft(text, from: sender, to: receiver, id: id)])[0].repeated?.message.id
        }
        for id: ClientMessageID in ["af9619ff-8b86-4011-b42d-00c04fc964ff", "AF9619FF-8b86-4011-b42d-00c04fc964ff"] {
            #expect(try await first(id, "Ещё тут?", from: alice, to: carol) == "018cc4f0-2000-7882-acec-45efeedccbf7")
        }
        // Both stay.
        for id: ClientMessageID in ["bf9619ff-8b86-4011-b42d-00c04fc964ff", "BF9619FF-8B86-4011-B42D-00C04FC964FF"] {
            #expect(try await first(id, "Тут", from: carol, to: alice) == "018cc4f0-4000-7882-acec-45efeedccbf9")
        }
        #expect(
            try await store.texts(of: alice, with: carol, before: "018cc4f0-3000-7882-acec-45efeedccbf8").last
                == "Ещё тут?")
        let ids = try await store.pool.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT id || ' ' || client_message_id FROM messages WHERE seq IN (7, 8, 10) ORDER BY seq")
        }
        #expect(
            ids == [
                "018cc4f0-2000-7882-acec-45efeedccbf7 af9619ff-8b86-4011-b42d-00c04fc964ff",
                "018cc4f0-3000-7882-acec-45efeedccbf8 BF9619FF-8B86-4011-B42D-00C04FC964FF",
                "M10 ------------------------AB--------AB",
            ])
    }

    @Test func theEighthSchemasProductsOutliveTheirMessages() async throws {
        let store = try open(fixture: "v8.sql")
        let time = noon.advanced(by: .seconds(180))
        #expect(try await store.deleteMessages(before: time, now: time) == 4)
        let table = Product(id: "p2", title: "Стол")
        #expect(try await store.conversations(of: bob, limit: 9).map(\.product) == [table])
        #expect(try await store.conversations(of: alice, limit: 9).map(\.product) == [nil, table])
    }

    /// In these versions messages had SQLite's own indexes, and the end of a feed was stored.
    @Test(arguments: ["v9.sql", "v10.sql"])
    func theNinthSchemasMessagesAreFound(fixture: String) async throws {
        let store = try open(fixture: fixture)
        try await store.expectSettledAsDerived()
        #expect(try await store.feedTexts(of: alice, after: 3) == ["4 Ещё продаёте?", "5 Да"])
        #expect(try await store.feedTexts(of: bob).last == "5 Алло?")
        #expect(try await store.texts(of: bob, with: alice).suffix(2) == ["Да", "Алло?"])
        #expect(try await store.texts(of: alice, with: bob).last == "Да")
        #expect(try await store.isBanned(carol))
        // The last messages of alice's feed, and all of carol's, are deleted.
        #expect(try await store.lastCursor(of: alice) == 8)
        #expect(try await store.lastCursor(of: carol) == 4)
        #expect(try await store.feedStart(of: alice) == 8)
        let id: ClientMessageID = "9f9619ff-8b86-4011-b42d-00c04fc964ff"
        #expect(try await store.append([draft("Алло?", from: bob, to: alice, id: id)])[0].repeated != nil)
        let before: MessageID = "018cc4e7-e120-7882-acec-45efeedccbf5"
        #expect(try await store.texts(of: alice, with: bob, before: before, limit: 1) == ["Ещё продаёте?"])
        #expect(try await store.store([draft("снова")])[0].senderCursor == 9)
        try await store.expectSettledAsDerived()
    }

    /// Every client id has a row of its own.
    @Test func theEleventhSchemasRepeatsAreKnown() async throws {
        let store = try open(fixture: "v11.sql")
        let id: ClientMessageID = "01a2291c-b9fc-773d-9434-4447976bc56e"
        #expect(try await store.append([draft("Новое 2", id: id)])[0].repeated?.senderCursor == 10)
        let next: ClientMessageID = "01a2291c-c000-7000-8000-000000000000"
        #expect(try await store.store([draft("дальше", id: next)])[0].senderCursor == 12)
        #expect(await store.settler.settle(within: .seconds(60)))
        #expect(try await store.append([draft("дальше", id: next)])[0].repeated?.senderCursor == 12)
        #expect(try await store.append([draft("Новое 2", id: id)])[0].repeated?.senderCursor == 10)
        try await store.expectSettledAsDerived()
    }

    /// Bob's mark is on a message of his own. It names none, until he sets the next one.
    @Test func theThirteenthSchemasMarkOnAnOwnMessageNamesNone() async throws {
        let store = try open(fixture: "v13.sql")
        #expect(try await store.marks(of: bob, with: alice).first == "bob Ещё продаёте? -")
        #expect(try await store.isRead(of: bob, with: alice).prefix(2) == [true, false])
        let last = try await store.conversation(of: bob, with: alice, before: nil, limit: 9).messages
            .last { $0.message.sender == alice }
        let mark = ReadMark(user: bob, peer: alice, messageID: try #require(last).message.id)
        #expect(try await store.markRead([mark], atMost: 9) == [.set(newest: mark.messageID)])
        #expect(try await store.marks(of: bob, with: alice).first == "bob Ещё продаёте? Новое 3")
    }

    /// What the present block withheld is delivered when it ends. What was withheld before alice's marks, by a block that
    /// has ended, stays with its sender. If she has no marks, it is delivered too.
    @Test(arguments: [
        (mark: "2", texts: ["Алло?", "Ответ"]), (mark: "9", texts: ["Ответ"]),
        (mark: "NULL", texts: ["Алло?", "Ответ"]),
    ])
    func theTwelfthSchemasBlocksDeliverWhatTheyWithheld(mark: String, texts: [String]) async throws {
        let change = "UPDATE conversations SET delivered_seq = \(mark) WHERE user_id = 'alice' AND peer_id = 'bob';"
        let store = try open(fixture: "v12.sql", changedBy: change)
        let last = try await store.lastCursor(of: alice)
        #expect(try await store.texts(of: alice, with: bob).last == "Новое 3")
        #expect(try await store.setBlocked(false, bob, by: alice))
        #expect(
            try await store.feedTexts(of: alice, after: last)
                == texts.enumerated().map { "\(last + 1 + $0) \($1)" })
        #expect(try await store.texts(of: alice, with: bob).suffix(2) == (["Новое 3"] + texts).suffix(2))
        #expect(try await store.texts(of: bob, with: alice).suffix(1) == ["Ответ"])
        #expect(try await store.unread(of: alice, with: bob) == 2 + texts.count)
        #expect(try await store.delivered(alice, last + texts.count) == ["Ответ"])
        try await store.expectSettledAsDerived()
    }

    /// The pages that an interrupted migration left in the log do not concern the earlier version.
    @Test func anInterruptedMigrationLeavesTheOldFile() throws {
        struct PowerFailure: Error {}
        let dump = try String(contentsOf: Self.fixture("v9.sql"), encoding: .utf8)
        let old = try DatabasePool(path: path)
        try old.writeWithoutTransaction { try $0.execute(sql: dump) }
        #expect(throws: PowerFailure.self) {
            try old.write { database in
                try database.execute(sql: Schema.v10)
                throw PowerFailure()
            }
        }
        try old.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN; PRAGMA cache_spill = 1; PRAGMA cache_size = 1; \(Schema.v10)")
            // The content of the files at this moment.
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: folder.file("killed") + suffix)
            }
            try database.execute(sql: "ROLLBACK")
        }
        for file in [path, folder.file("killed")] {
            let queue = try DatabaseQueue(path: file)
            #expect(try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
            #expect(try queue.read { try Int.fetchOne($0, sql: "SELECT sum(last_cursor) FROM feed_heads") } == 17)
            let shared = "SELECT count(*) FROM messages INDEXED BY messages_shared WHERE receiver_cursor > 0"
            #expect(try queue.read { try Int.fetchOne($0, sql: shared) } == 4)
        }
    }

    /// If there is no room for a migration, it is not begun: not a byte is written, and the earlier version can go on.
    @Test func aMigrationWithoutRoomIsNotBegun() throws {
        let dump = try String(contentsOf: Self.fixture("v9.sql"), encoding: .utf8)
        try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: dump) }
        chmod(path, 0o644)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let needed = 3 * before.count
        for role in [SQLiteStore.Role.server, .command] {
            let error = StoreOpenError.noRoom(path, needed: needed, free: needed - 1)
            #expect(throws: error) {
                try SQLiteStore(path: path, as: role, logLimit: 1 << 20, freeBytes: { _ in needed - 1 })
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.sqlite"])
            #expect(try mode(of: path) == 0o644)
        }
        let enough = try SQLiteStore(path: path, as: .server, logLimit: 1 << 20, freeBytes: { _ in needed })
        try enough.close()
        // It is migrated now, so no room is needed any more.
        try SQLiteStore(path: path, as: .server, logLimit: 1 << 20, freeBytes: { _ in 0 }).close()
        try SQLiteStore(path: folder.file("new"), as: .server, logLimit: 1 << 20, freeBytes: { _ in 0 }).close()
    }

    @Test func theMissingRoomIsToldInNumbers() {
        let error = StoreOpenError.noRoom("/x", needed: 1_500_000_001, free: 20_000_000)
        #expect("\(error)".contains("takes 1501 MB of free disk, and there are 20 MB"))
    }

    /// Fails if a released migration was changed.
    @Test(arguments: [
        "v1.sql", "v2.sql", "v3.sql", "v4.sql", "v6-before-v5.sql", "v6.sql", "v7.sql", "v8.sql", "v9.sql",
        "v10.sql", "v11.sql", "v12.sql",
    ])
    func oldDatabasesEndUpWithTodaysSchema(fixture: String) throws {
        func schema(_ store: SQLiteStore) throws -> [String] {
            try store.pool.read { try String.fetchAll($0, sql: "SELECT sql FROM sqlite_schema WHERE sql NOT NULL") }
        }
        let fresh = try SQLiteStore(path: folder.file("fresh.sqlite"))
        #expect(try Set(schema(open(fixture: fixture))) == Set(schema(fresh)))
    }
}

extension SQLiteStore {
    /// Which profiles are kept for whom.
    func keptProfiles() async throws -> [String] {
        try await pool.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT user_id || ' ' || peer_id || ' ' || coalesce(name, '-') FROM kept_profiles
                    ORDER BY user_id, peer_id
                    """)
        }
    }
}

extension AppendOutcome {
    var repeated: StoredMessage? {
        if case .duplicate(let message) = self { message } else { nil }
    }
}
