import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

/// What only a store on disk can keep or lose.
@Suite struct SQLiteStoreTests {
    let folder: TemporaryFolder
    let store: SQLiteStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
    }

    @Test func everythingIsThereAfterARestart() async throws {
        let first = try await store.store([draft("1", id: "m1"), draft("2", from: bob, to: alice)])[0]
        try store.close()
        let reopened = try SQLiteStore(path: folder.file())
        #expect(reopened.epoch == store.epoch)
        #expect(
            try await reopened.append([draft("1", id: "m1"), draft("2", id: "m1")]) == [.duplicate(first), .conflict])
        let early = noon.advanced(by: .seconds(-1))
        #expect(try await reopened.store([draft("3", at: early)])[0].message.createdAt == early)
        #expect(try await reopened.feedTexts(of: alice) == ["1 1", "2 2", "3 3"])
        #expect(try await reopened.texts() == ["1", "2", "3"])
    }

    @Test func marksAreThereAfterARestart() async throws {
        let ids = try await store.store([draft("1"), draft("2"), draft("3")]).map(\.message.id)
        #expect(try await store.delivered(bob, 2) == ["2"])
        #expect(try await store.markRead(by: bob, with: alice, upTo: ids[0]) == true)
        try await store.setLastSeen(noon, of: bob)
        try store.close()
        let reopened = try SQLiteStore(path: folder.file())
        #expect(try await reopened.marks() == ["alice - -", "bob 2 1"])
        #expect(try await reopened.list(of: bob) == ["alice: 3 2"])
        #expect(try await reopened.lastSeen(of: [bob]) == [bob: noon])
        #expect(try await reopened.delivered(bob, 2) == [])
        #expect(try await reopened.markRead(by: bob, with: alice, upTo: ids[0]) == false)
        try await reopened.store([draft("4")])
        #expect(try await reopened.list(of: bob) == ["alice: 4 3"])
    }

    /// A power failure leaves the file and its log as they are while the store is open.
    @Test func theLogIsReadAfterACrash() async throws {
        try await store.store([draft("1"), draft("2")])
        let crashed = try TemporaryFolder()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.file() + suffix, toPath: crashed.file() + suffix)
        }
        let reopened = try SQLiteStore(path: crashed.file())
        #expect(try await reopened.texts() == ["1", "2"])
        #expect(try await reopened.store([draft("3")])[0].senderCursor == 3)
    }

    @Test func filesAreTheOwnersOnly() async throws {
        let path = folder.path + "/new/deep/chat.sqlite"
        let store = try SQLiteStore(path: path)
        try await store.store([draft("secret")])
        #expect(try mode(of: folder.path + "/new") == 0o700)
        #expect(try mode(of: folder.path + "/new/deep") == 0o700)
        for suffix in ["", "-wal", "-shm"] {
            #expect(try mode(of: path + suffix) == 0o600, "\(suffix)")
        }
    }

    @Test func aFileOpenToOthersIsClosedToThem() throws {
        let path = folder.path + "/open.sqlite"
        try SQLiteStore(path: path).close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try SQLiteStore(path: path).close()
        #expect(try mode(of: path) == 0o600)
    }

    private func pragma(_ name: String) async throws -> String? {
        try await store.pool.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    @Test func theWriterIsSetUp() async throws {
        for (name, expected) in [("journal_mode", "wal"), ("busy_timeout", "2000"), ("foreign_keys", "0")] {
            #expect(try await pragma(name) == expected, "\(name)")
        }
        #expect(try await store.pool.read { try String.fetchOne($0, sql: "PRAGMA busy_timeout") } == "2000")
    }

    @Test func messagesReachTheDiskAtOnceAndMarksWithThem() async throws {
        try await store.pool.write { database in
            try database.execute(
                sql: """
                    CREATE TRIGGER failing BEFORE INSERT ON messages WHEN NEW.message_text = 'fails'
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        let levels = CommitLevels()
        store.pool.add(transactionObserver: levels, extent: .databaseLifetime)
        let stored = try await store.store([draft("1")])
        _ = try await store.acknowledge([Acknowledgement(user: bob, cursor: 1)])
        try await store.store([draft("2")])
        _ = try await store.markRead(by: bob, with: alice, upTo: stored[0].message.id)
        await #expect(throws: StoreError.self) { try await store.append([draft("fails")]) }
        try await store.setLastSeen(noon, of: bob)
        try await store.store([draft("4")])
        #expect(try await store.lastCursor(of: bob) == 3)
        store.pool.remove(transactionObserver: levels)
        // There may have been a settlement in between.
        let (full, normal) = (2, 1)
        #expect(levels.levels.withLock { $0.filter(\.isOfMessage).map(\.level) } == [full, full, full])
        #expect(levels.levels.withLock { $0.filter { !$0.isOfMessage }.map(\.level) }.allSatisfy { $0 == normal })
        #expect(levels.levels.withLock(\.count) >= 6)
    }

    @Test func aLockedDatabaseIsAnErrorUntilItIsFree() async throws {
        try await store.store([draft("before")])
        let other = try LockHolder(path: folder.file())
        await #expect(throws: StoreError.locked) { try await store.append([draft("meanwhile", id: "m1")]) }
        #expect(try await store.texts() == ["before"])
        try other.release()
        try await store.store([draft("after", id: "m1")])
        #expect(try await store.feedTexts(of: bob) == ["1 before", "2 after"])
    }

    @Test func aFullDiskStoresNothingOfABatch() async throws {
        let lines = (1...100).map { draft(String(repeating: "x", count: 4000), id: "\($0)") }
        try await store.store([draft("before")])
        try await setMaxPages("(SELECT page_count FROM pragma_page_count) + 50")
        await #expect(throws: StoreError.full) { try await store.append(lines) }
        #expect(try await store.texts() == ["before"])
        #expect(try await store.lastCursor(of: bob) == 1)
        try await setMaxPages("4294967294")
        let stored = try await store.store(lines)
        #expect(stored.map(\.receiverCursor) == Array(2...101))
    }

    private func setMaxPages(_ expression: String) async throws {
        try await store.pool.writeWithoutTransaction { database in
            let count = try Int.fetchOne(database, sql: "SELECT \(expression)") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(count)")
        }
    }

    @Test func aClosedStoreIsOneFileAndSaysSo() async throws {
        try await store.store([draft("1")])
        #expect(try await store.texts() == ["1"])
        try store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.sqlite"])
        await #expect(throws: StoreError.self) { try await store.append([draft("late")]) }
        await #expect(throws: StoreError.self) { try await store.lastCursor(of: alice) }
    }

    /// The reader's connection may be the last to close.
    @Test func soIsOneThatWasReadJustBefore() async throws {
        for _ in 1...60 {
            let folder = try TemporaryFolder()
            let store = try SQLiteStore(path: folder.file())
            try await store.store([draft("1")])
            #expect(try await store.texts() == ["1"])
            try store.close()
            try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.sqlite"])
        }
    }

    /// Closing waits for the write under way, and all of it can be found afterwards.
    @Test func aStoreMayEndWithAWriteUnderWay() async throws {
        for number in 1...20 {
            let path = folder.file("\(number).sqlite")
            do {
                let store = try SQLiteStore(path: path)
                store.append([draft("1")]) { _ in }
            }
            let found = try await DatabaseQueue(path: path).read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM conversations WHERE user_id = 'bob'")
            }
            #expect(found == 1)
        }
    }

    @Test func fullNamesStandInForNames() async throws {
        try await store.pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO users (id, name, full_name) VALUES
                        ('alice', 'Alice', 'Alice A.'), ('bob', NULL, 'Bob B.'), ('carol', '', 'Carol C.')
                    """)
        }
        let reader = user("reader")
        let names = [(alice, "Alice"), (bob, "Bob B."), (carol, "Carol C.")]
        for (writer, name) in names {
            #expect(try await store.profile(of: writer).name?.wire == name)
            try await store.store([draft("hi", from: writer, to: reader)])
            let page = try await store.conversation(of: writer, with: reader, before: nil, limit: 1)
            #expect(page.messages.map(\.sender.name?.wire) == [name])
        }
    }

    @Test(arguments: ["sender_id = ''", "sender_id = 'a' || char(7)"])
    func aRowThatNobodyWroteIsAnErrorWithoutItsText(change: String) async throws {
        try await store.store([draft("private words")])
        try await store.pool.write { try $0.execute(sql: "UPDATE messages SET \(change)") }
        let error = await #expect(throws: StoreError.self) { try await store.feed(of: bob, after: 0, limit: 1) }
        #expect(error == .failed("a row of the database holds what this program never writes"))
    }

    @Test func bytesThatAreNoUTF8AreReplaced() async throws {
        try await store.store([draft("text")])
        try await store.pool.write { try $0.execute(sql: "UPDATE messages SET message_text = CAST(x'41FF' AS TEXT)") }
        #expect(try await store.texts() == ["A\u{FFFD}"])
    }

    @Test func nothingIsSoughtByGoingThroughMessages() async throws {
        let places = ConversationChain.places
            .replacing("?1", with: "'a'").replacing("?2", with: "'b'").replacing("?3", with: "0")
        let plans = [
            (
                "SELECT seq FROM conversation_places WHERE \(places) AND seq < 9 ORDER BY seq DESC",
                [
                    "SEARCH conversation_places USING PRIMARY KEY (peer_low=? AND peer_high=? AND known_to=? AND seq<?)"
                ]
            ),
            (
                "SELECT * FROM conversations WHERE user_id = 'a' ORDER BY last_seq DESC LIMIT 9",
                ["SEARCH conversations USING INDEX conversations_by_time (user_id=?)"]
            ),
            (
                "SELECT peer_id FROM conversations WHERE user_id = 'a' AND last_at >= 9 ORDER BY last_seq DESC",
                ["SEARCH conversations USING COVERING INDEX conversations_by_time (user_id=?)"]
            ),
        ]
        for (query, expected) in plans {
            let plan = try await store.pool.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + query).map { $0["detail"] as String }
            }
            #expect(plan == expected)
        }
    }
}

/// The value of `PRAGMA synchronous` at each commit, and whether the commit stored a message.
private final class CommitLevels: TransactionObserver, Sendable {
    let levels = Mutex<[(level: Int, isOfMessage: Bool)]>([])
    private let last = Atomic<Int>(0)

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidRollback(_ database: Database) {}

    func databaseDidCommit(_ database: Database) {
        guard let level = try? Int.fetchOne(database, sql: "PRAGMA synchronous"),
            let count = try? Int.fetchOne(database, sql: "SELECT count(*) FROM messages")
        else { return }
        let isOfMessage = last.exchange(count, ordering: .relaxed) < count
        levels.withLock { $0.append((level, isOfMessage)) }
    }
}
