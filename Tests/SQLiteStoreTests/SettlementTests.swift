import ChatServer
import ChatWire
import Dispatch
import Foundation
import GRDB
import HostSystem
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

/// Settlement follows the messages. Whatever happens in between, the tables end up as if derived from all messages.
@Suite struct SettlementTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func settled(_ store: SQLiteStore) async throws -> Int64 {
        try await store.pool.read { try Settlement.end($0) }
    }

    @Test func aMessageIsOneRowUntilSomebodyLooks() async throws {
        let store = try SQLiteStore(path: folder.file())
        let stored = try await store.store([draft("1", id: "m1"), draft("2")])
        // Not before that, unless fifty milliseconds passed without a message.
        if try await settled(store) == 0 {
            #expect(try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM conversations") } == 0)
        }
        #expect(try await store.append([draft("1", id: "m1")]) == [.duplicate(stored[0])])
        #expect(try await store.lastCursor(of: bob) == 2)
        #expect(try await settled(store) == 2)
        let outcomes = try await store.append([draft("1", id: "m1"), draft("x", id: "m1")])
        #expect(outcomes == [.duplicate(stored[0]), .conflict])
    }

    @Test func whatNobodyAsksForIsSettledInTheEnd() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.store([draft("1")])
        try await eventually("it is settled") { try await settled(store) == 1 }
    }

    /// The messages that wait for more are settled, too, if no more come.
    @Test func whatIsLeftOfManyIsSettledInTheEnd() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.store((0..<12_001).map { draft("\($0)") })
        try await eventually("it is settled") { try await settled(store) == 12_001 }
    }

    /// A steady trickle of messages does not keep others waiting.
    @Test func whatComesOneByOneIsSettledMeanwhile() async throws {
        let store = try SQLiteStore(path: folder.file())
        let writer = Task {
            var count = 0
            while !Task.isCancelled {
                try await store.store([draft("\(count)")])
                count += 1
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        try await eventually("something is settled") { try await settled(store) > 0 }
        writer.cancel()
        _ = await writer.result
    }

    @Test func manyAreSettledInBetween() async throws {
        let store = try SQLiteStore(path: folder.file())
        for round in 0..<60 { try await store.store((0..<250).map { draft("\(round) \($0)", id: "\(round) \($0)") }) }
        #expect(try await settled(store) > 0)
        try await store.expectSettledAsDerived()
    }

    /// Other messages are stored between two parts, however much there is to settle.
    @Test func aSettlementLetsOthersGoInBetween() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.stopSettling()
        // As many as may wait without a new message having to wait for settlement.
        let rounds = Settler.limit / 250 - 1
        for round in 0..<rounds { try await store.store((0..<250).map { draft("x", to: user("\(round) \($0)")) }) }
        _ = await store.settler.settle(within: .seconds(60))
        let commits = SettlementsAndMessages(last: Int64(rounds * 250))
        store.pool.add(transactionObserver: commits, extent: .databaseLifetime)
        // Nothing begins before everything is in the writer's queue.
        let (begin, isBlocked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        defer { begin.signal() }
        store.pool.asyncWriteWithoutTransaction {
            try? $0.execute(sql: SQLiteStore.goOn)
            isBlocked.signal()
            begin.wait()
        }
        await Task.detached { isBlocked.waitOnce() }.value
        try await eventually("it may be tried again") { !store.settler.isHeldUp }
        let settled = Task { await store.settler.settle(within: .seconds(60)) }
        try await eventually("somebody waits") { store.settler.isUnderWay }
        let stored = Task { try await store.store([draft("1", from: bob, to: carol)]) }
        try await Task.sleep(for: .milliseconds(20))
        begin.signal()
        _ = try await stored.value
        #expect(await settled.value)
        store.pool.remove(transactionObserver: commits)
        let order = commits.order.withLock { $0 }
        let message = try #require(order.firstIndex(of: Int64(rounds * 250 + 1)))
        #expect(order[..<message].count { $0 == nil } <= 2 && order[message...].contains(nil), "\(order)")
        try await store.expectSettledAsDerived()
    }

    /// A read waits only for the part that it needs.
    @Test func aReadOfWhatIsSettledWaitsForNothing() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.store([draft("1", to: carol)])
        #expect(await store.settler.settle(within: .seconds(60)))
        try await store.stopSettling()
        try await store.store([draft("2")])
        #expect(await store.settler.settle(.messages(of: carol)))
        #expect(await store.settler.settle(.noMessages))
        #expect(await !store.settler.settle(.messages(of: bob), within: .seconds(60)))
        #expect(try await store.feedTexts(of: bob) == ["1 2"])
        #expect(try await store.feedTexts(of: carol) == ["1 1"])
    }

    /// After the writer's cache is emptied, unsettled messages are still found.
    @Test func aWriterThatForgotFindsWhatIsNotSettled() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.stopSettling()
        let stored = try await store.store([draft("1", id: "m1"), draft("2", from: bob, to: carol, id: "m2")])
        store.settler.forget()
        let again = try await store.append([
            draft("1", id: "m1"), draft("x", from: bob, to: carol, id: "m2"), draft("3"),
        ])
        #expect(again.prefix(2) == [.duplicate(stored[0]), .conflict])
        #expect(again[2].stored?.senderCursor == 2 && again[2].stored?.receiverCursor == 3)
        #expect(try await store.feedTexts(of: bob) == ["1 1", "2 2", "3 3"])
        try await store.goOnSettling()
        try await eventually("it is settled") { try await settled(store) == 3 }
        try await store.expectSettledAsDerived()
    }

    /// A transaction was rolled back: the message is not settled after all, but its repeat is still recognised.
    @Test func aWriterForgetsWhatWasTakenBack() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.stopSettling()
        let stored = try await store.store([draft("1", id: "m1")])
        // For a second, settling happens only together with writes that need it.
        #expect(await !store.settler.settle(within: .seconds(60)))
        try await store.pool.writeWithoutTransaction {
            try $0.execute(
                sql: """
                    \(SQLiteStore.goOn);
                    CREATE TRIGGER full BEFORE INSERT ON feed_heads BEGIN SELECT raise(ABORT, 'no room'); END
                    """)
        }
        store.settler.forget()
        await #expect(throws: StoreError.self) {
            try await store.acknowledge([Acknowledgement(user: bob, cursor: 1)], atMost: 9)
        }
        #expect(try await store.append([draft("1", id: "m1")]) == [.duplicate(stored[0])])
        try await store.expectSettledAsDerived()
    }

    /// Another program's ban counts at once, and the writer's cache brings back nothing that it deleted.
    @Test func whatTheWriterKnowsEndsWithAnothersCommit() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.store([draft("1", id: "m1"), draft("2", from: bob, to: carol, id: "m2")])
        let command = try SQLiteStore(path: folder.file(), as: .command)
        #expect(try await command.feedTexts(of: carol) == ["1 2"])
        #expect(try await command.delete(alice, at: noon) == 1)
        let outcomes = try await store.append([draft("1", id: "m1"), draft("3", from: bob, to: carol, id: "m2")])
        #expect(outcomes == [.banned, .conflict])
        #expect(try await command.setBanned(false, alice, at: noon))
        let again = try await store.store([draft("1", id: "m1")])[0]
        #expect(again.senderCursor == 2)
        #expect(again.receiverCursor == 3)
        #expect(try await command.feedTexts(of: bob, after: 1) == ["2 2", "3 1"])
        try await store.expectSettledAsDerived()
    }

    /// The deleted message is below the watermark: if its `seq` were used again, the new message would never be found.
    @Test func placesAreNeverGivenOutAgain() async throws {
        var store = try SQLiteStore(path: folder.file())
        try await store.store([draft("1"), draft("2")])
        let later = noon.advanced(by: .seconds(86_400))
        #expect(try await store.deleteMessages(before: later, now: later) == 2)
        try await store.store([draft("3")])
        #expect(try await store.texts() == ["3"])
        #expect(try await store.deleteMessages(before: later, now: later) == 1)
        try store.close()
        store = try SQLiteStore(path: folder.file())
        try await store.store([draft("4")])
        #expect(try await store.texts() == ["4"])
        #expect(try await settled(store) == 4)
        try await store.expectSettledAsDerived()
    }

    @Test func blocksAndBansOfThisProcessCountAtOnce() async throws {
        let store = try SQLiteStore(path: folder.file())
        for isBlocked in [true, false, true] {
            try await store.setBlocked(isBlocked, alice, by: bob)
            #expect(try await store.store([draft("1")])[0].reachesReceiver == !isBlocked)
            try await store.setBanned(isBlocked, carol, at: noon)
            let outcome = try await store.append([draft("1", from: carol)])[0]
            #expect(outcome.isBanned == isBlocked)
        }
        try await store.expectSettledAsDerived()
    }

    /// The disk is full for the derived tables, but not for the messages themselves.
    @Test func aFullDiskHidesNothing() async throws {
        let store = try SQLiteStore(path: folder.file())
        try await store.store([draft("0", id: "0")])
        #expect(try await store.texts() == ["0"])
        try await setMaxPages(of: store, "(SELECT page_count FROM pragma_page_count)")
        var texts = ["0"]
        var failures = 0
        for number in 1...400 where failures < 3 {
            do {
                try await store.store([draft("\(number)", from: user("new \(number)"), id: "\(number)")])
                texts.append("\(number)")
                let told = try await store.feed(of: bob, after: texts.count - 1, limit: 9).map(\.message.text.wire)
                #expect(told == ["\(number)"])
                #expect(try await store.lastCursor(of: bob) == texts.count)
                #expect(try await store.list(of: bob).first == "new \(number): \(number) 1")
                let repeated = draft("\(number)", from: user("new \(number)"), id: "\(number)")
                #expect(try await store.earlierOutcome(of: repeated) != nil)
            } catch StoreError.full {
                failures += 1
            }
        }
        #expect(failures == 3)
        #expect(texts.count > 10)
        #expect(try await store.feed(of: bob, after: 0, limit: .max).map(\.message.text.wire) == texts)
        try await setMaxPages(of: store, "4294967294")
        try await store.store([draft("last")])
        try await store.expectSettledAsDerived()
        #expect(try await store.feed(of: bob, after: 0, limit: .max).map(\.message.text.wire) == texts + ["last"])
    }

    private func setMaxPages(of store: SQLiteStore, _ expression: String) async throws {
        try await store.pool.writeWithoutTransaction { database in
            let count = try Int.fetchOne(database, sql: "SELECT \(expression)") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(count)")
        }
    }

    /// The writer's cache has all of some parts, nothing of others, and the newest messages of some.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whatIsRememberedIsSettledAsWhatIsRead(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let store = try SQLiteStore(path: folder.file())
        let users = [user("a"), user("Б"), user("b"), user("é"), user("e\u{301}")]
        let products = [
            nil, Product(id: "p1", title: nil), Product(id: nil, title: "Лампа"), Product(id: nil, title: nil),
        ]
        for round in 0..<40 {
            let drafts = (0..<Int.random(in: 1...60, using: &random)).map { number in
                draft(
                    "\(round) \(number)", from: users.randomElement(using: &random)!,
                    to: users.randomElement(using: &random)!,
                    id: Bool.random(using: &random) ? "\(round) \(number)" : nil,
                    product: products.randomElement(using: &random)!)
            }
            _ = try await store.append(drafts)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: store.settler.forget()
            case 1...3: #expect(await store.settler.settle(within: .seconds(60)))
            case 4: try await store.setBlocked(.random(using: &random), users[0], by: users[1])
            case 5: #expect(try await store.append([drafts[0]])[0].repeated != nil || drafts[0].clientMessageID == nil)
            default: break
            }
        }
        try await store.expectSettledAsDerived()
    }

    /// The files of a killed process, or after a power failure: the log ends anywhere, even within a frame.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func whateverACrashLeavesIsWhole(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let store = try SQLiteStore(path: folder.file())
        var texts: [String] = []
        for round in 0..<Int.random(in: 1...40, using: &random) {
            let users = (0..<5).map { user("\($0)") }
            let drafts = (0..<Int.random(in: 1...8, using: &random)).map { number in
                draft(
                    "\(round) \(number)", from: users.randomElement(using: &random) ?? alice,
                    to: users.randomElement(using: &random) ?? bob, id: "\(round) \(number)")
            }
            texts += try await store.store(drafts).map(\.message.text.wire)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = await store.settler.settle()
            case 1: _ = try await store.acknowledge([Acknowledgement(user: user("1"), cursor: round)])
            case 2: try await store.setBlocked(.random(using: &random), user("1"), by: user("2"))
            case 3: try await store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
            default: break
            }
        }
        let crashed = folder.file("crashed")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.file() + suffix, toPath: crashed + suffix)
        }
        let length = FileSize.bytes(of: crashed + "-wal")
        // Sometimes all of it, which is what a killed process leaves.
        let isWhole = Int.random(in: 0..<3, using: &random) == 0
        let end = isWhole ? length : Int.random(in: 0...length, using: &random)
        truncate(crashed + "-wal", end)
        let reopened = try SQLiteStore(path: crashed)
        let found = try await reopened.pool.read {
            try String.fetchAll($0, sql: "SELECT message_text FROM messages WHERE sender_cursor > 0")
        }
        #expect(found == Array(texts.prefix(found.count)))
        if isWhole { #expect(found == texts) }
        try await reopened.expectSettledAsDerived()
        let more = try await reopened.store([draft("more", from: user("1"), to: user("3"))])[0]
        #expect(try await reopened.lastCursor(of: user("1")) == more.senderCursor)
        try await reopened.expectSettledAsDerived()
    }
}

extension SQLiteStore {
    /// Makes every settlement fail from now on, as on a disk that is full for it.
    func stopSettling() async throws {
        try await pool.writeWithoutTransaction {
            try $0.execute(
                sql: "CREATE TRIGGER stuck BEFORE UPDATE ON settled BEGIN SELECT raise(ABORT, 'not now'); END")
        }
    }

    static let goOn = "DROP TRIGGER stuck"

    func goOnSettling() async throws {
        try await pool.writeWithoutTransaction { try $0.execute(sql: Self.goOn) }
        // A failure delays the next attempt by a second.
        try await eventually("it may be tried again") { !settler.isHeldUp }
    }

    private static let inConversations = """
        SELECT iif(sender_id < receiver_id, sender_id, receiver_id) AS low,
            iif(sender_id < receiver_id, receiver_id, sender_id) AS high,
            iif(receiver_cursor > 0 AND sender_cursor > 0, 0,
                iif(iif(sender_cursor > 0, sender_id, receiver_id) = min(sender_id, receiver_id), 1, 2)) AS known,
            seq, place, place_previous,
            place IS NULL AS is_old
        FROM messages
        """
    /// Messages and the ranges that contain them.
    private static let inRanges = """
        SELECT seq, sender_id, first_id FROM messages JOIN sending_ranges USING (sender_id)
        WHERE client_message_id BETWEEN first_id AND last_id AND seq NOT IN (SELECT seq FROM sendings)
        """
    private static let inFeeds = """
        SELECT sender_id AS user, sender_cursor AS cursor, seq, sender_previous AS previous, place IS NULL AS is_old FROM messages
        WHERE sender_cursor > 0
        UNION ALL SELECT receiver_id, receiver_cursor, seq, receiver_previous, place IS NULL FROM messages
        WHERE receiver_cursor > 0 AND receiver_id <> sender_id
        """

    /// Compares every derived table with one computed from all messages, by different queries.
    func expectSettledAsDerived(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await write(.later) { _ in }
        let tables = [
            ("SELECT id, seq FROM message_ids", "SELECT id, seq FROM messages WHERE place IS NULL"),
            // Every message leads to the one before it, unless an earlier version stored it.
            (
                """
                SELECT seq, place, place_previous FROM (
                    SELECT seq, lag(seq, 1, 0) OVER conversation AS place_previous, is_old,
                        row_number() OVER (PARTITION BY low, high, known, is_old ORDER BY seq) AS place
                    FROM (\(Self.inConversations)) WINDOW conversation AS (PARTITION BY low, high, known ORDER BY seq)
                ) WHERE NOT is_old
                """,
                """
                SELECT seq, place, iif(place_previous IN (SELECT seq FROM messages), place_previous, 0)
                FROM messages WHERE place NOT NULL
                """
            ),
            (
                """
                SELECT user, seq, previous FROM (
                    SELECT user, seq, lag(seq, 1, 0) OVER feed AS previous, is_old
                    FROM (\(Self.inFeeds)) WINDOW feed AS (PARTITION BY user ORDER BY seq)
                ) WHERE NOT is_old
                """,
                "SELECT user, seq, iif(previous IN (SELECT seq FROM messages), previous, 0) FROM (\(Self.inFeeds)) WHERE NOT is_old"
            ),
            (
                "SELECT peer_low, peer_high, known_to, seq FROM conversation_places",
                "SELECT low, high, known, seq FROM (\(Self.inConversations)) WHERE place % 16 = 0 OR is_old"
            ),
            (
                "SELECT user_id, cursor, seq FROM feeds",
                "SELECT user, cursor, seq FROM (\(Self.inFeeds)) WHERE cursor % 16 = 0 OR is_old"
            ),
            (
                "SELECT user_id, peer_id, last_seq, last_at, product_seq, unread, shared_seq, own_seq FROM conversations",
                """
                WITH known AS (
                    SELECT sender_id AS user, receiver_id AS peer, * FROM messages WHERE sender_cursor > 0
                    UNION SELECT receiver_id, sender_id, * FROM messages WHERE receiver_cursor > 0
                )
                SELECT user, peer, last, (SELECT created_at FROM messages WHERE seq = last), product, unread, shared, own
                FROM (
                    SELECT user, peer, max(seq) AS last,
                        max(iif(sender_cursor > 0 AND receiver_cursor > 0 AND place NOT NULL, seq, NULL)) AS shared,
                        max(iif(sender_cursor > 0 AND receiver_cursor > 0 OR place IS NULL, NULL, seq)) AS own,
                        max(iif(product_id IS NULL AND product_title IS NULL, NULL, seq)) AS product,
                        sum(sender_id <> user AND is_read = 0 AND seq > coalesce((
                            SELECT read_seq FROM conversations WHERE user_id = user AND peer_id = peer), 0)) AS unread
                    FROM known GROUP BY user, peer)
                """
            ),
            ("SELECT max(up_to) FROM settled", "SELECT max((SELECT up_to FROM settled), max(seq)) FROM messages"),
        ]
        try await expect(tables + Self.sendings, sourceLocation: sourceLocation)
    }

    /// The same for clients' ids, even if some messages are deleted.
    func expectSendingsAsDerived(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await write(.later) { _ in }
        try await expect(Self.sendings, sourceLocation: sourceLocation)
    }

    private static let sendings = [
        // Every id is found by its own row or by one range, and there are no other entries.
        (
            """
            SELECT sender_id, client_message_id, seq, 1 FROM sendings
            UNION ALL SELECT seq, first_id, seq, count(*) FROM (\(SQLiteStore.inRanges)) GROUP BY seq
            """,
            """
            SELECT sender_id, client_message_id, seq, 1 FROM messages
            WHERE client_message_id NOT NULL AND seq NOT IN (SELECT seq FROM (\(SQLiteStore.inRanges)))
            UNION ALL SELECT seq, first_id, seq, 1 FROM (\(SQLiteStore.inRanges))
            """
        ),
        (
            "SELECT sender_id, first_id FROM sending_ranges",
            "SELECT sender_id, first_id FROM (\(SQLiteStore.inRanges))"
        ),
    ]

    private func expect(_ tables: [(String, String)], sourceLocation: SourceLocation) async throws {
        try await pool.read { database in
            for (kept, derived) in tables {
                let differing = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT 'lacks', * FROM (SELECT * FROM (\(derived)) EXCEPT SELECT * FROM (\(kept)))
                        UNION ALL SELECT 'has', * FROM (SELECT * FROM (\(kept)) EXCEPT SELECT * FROM (\(derived)))
                        """)
                #expect(differing.isEmpty, "\(kept)", sourceLocation: sourceLocation)
            }
            let check = try String.fetchOne(database, sql: "PRAGMA integrity_check")
            #expect(check == "ok", sourceLocation: sourceLocation)
        }
    }
}

/// Records the commits: the newest `seq` if the commit stored a message, else nil.
private final class SettlementsAndMessages: TransactionObserver, Sendable {
    let order = Mutex<[Int64?]>([])
    private let last: Atomic<Int64>

    /// - Parameter last: The `seq` of the newest message.
    init(last: Int64) { self.last = Atomic(last) }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidRollback(_ database: Database) {}

    func databaseDidCommit(_ database: Database) {
        guard let end = try? Settlement.logEnd(database) else { return }
        let isMessage = last.exchange(end, ordering: .relaxed) < end
        order.withLock { $0.append(isMessage ? end : nil) }
    }
}

extension DispatchSemaphore {
    /// For use on a thread that may block.
    fileprivate func waitOnce() { wait() }
}

extension AppendOutcome {
    fileprivate var isBanned: Bool {
        if case .banned = self { true } else { false }
    }
}
