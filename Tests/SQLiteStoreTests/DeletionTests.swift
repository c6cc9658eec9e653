import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

/// What operators delete, and what remains.
@Suite struct DeletionTests {
    let folder: TemporaryFolder
    let store: SQLiteStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
    }

    /// Checks what every feed promises: its cursors are consecutive from `feedStart` on.
    private func expectNoGap(_ user: UserID, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let start = try await store.feedStart(of: user)
        let cursors = try await store.feed(of: user, after: start, limit: .max).compactMap { $0.cursor(of: user) }
        #expect(cursors == Array(start + 1..<start + 1 + cursors.count), sourceLocation: sourceLocation)
        #expect(try await store.lastCursor(of: user) == start + cursors.count, sourceLocation: sourceLocation)
    }

    /// Checks that no row refers to a deleted one.
    private func expectSound(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let problems = try await store.pool.read { database in
            try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").count
                + (Int.fetchOne(
                    database,
                    sql: """
                        WITH named (seq) AS (
                            SELECT last_seq FROM conversations UNION SELECT product_seq FROM conversations
                            UNION SELECT read_seq FROM conversations
                            UNION SELECT read_peer_seq FROM conversations UNION SELECT delivered_seq FROM conversations)
                        SELECT count(*) FROM named WHERE seq NOT NULL AND seq NOT IN (SELECT seq FROM messages)
                        """) ?? 0)
        }
        #expect(problems == 0, sourceLocation: sourceLocation)
    }

    @Test func aDeletedUserLeavesOthersFeedsWithoutAGap() async throws {
        try await store.store([
            draft("1", from: bob, to: carol), draft("2"), draft("3", from: bob, to: alice),
            draft("4", from: bob, to: carol), draft("5", from: carol, to: alice), draft("6", from: carol, to: bob),
        ])
        try await store.setName("Алиса", of: alice)
        #expect(try await store.delete(alice, at: noon) == 3)
        #expect(try await store.feedStart(of: bob) == 3)
        #expect(try await store.feedTexts(of: bob, after: 3) == ["4 4", "5 6"])
        for user in [bob, carol] { try await expectNoGap(user) }
        #expect(try await store.texts(of: bob, with: carol) == ["1", "4", "6"])
        #expect(try await store.texts(of: bob, with: alice) == [])
        #expect(try await store.list(of: bob) == ["carol: 6 1"])
        #expect(try await store.list(of: alice) == [])
        #expect(try await store.profile(of: alice).name == nil)
        #expect(try await store.isBanned(alice))
        #expect(try await store.append([draft("again")]) == [.banned])
        try await expectSound()
        // The cursors continue.
        #expect(try await store.store([draft("7", from: carol, to: bob)])[0].receiverCursor == 6)
        try await expectNoGap(bob)
        #expect(try await store.setBanned(false, alice, at: noon))
        // So do those of the deleted user, whose device may have the whole feed.
        #expect(try await store.feedStart(of: alice) == 3)
        #expect(try await store.feed(of: alice, after: 0, limit: 9) == [])
        #expect(try await store.acknowledge([Acknowledgement(user: alice, cursor: 9)]) == [[]])
        #expect(try await store.store([draft("new")])[0].senderCursor == 4)
        try await expectNoGap(alice)
    }

    /// A client that is still connected when its user is deleted brings nothing back.
    @Test func whatComesLateLeavesNoRow() async throws {
        try await store.store([draft("1"), draft("2", from: bob, to: alice)])
        try await store.setBlocked(true, carol, by: alice)
        _ = try await store.delete(alice, at: noon)
        try await store.setLastSeen(noon, of: alice)
        try await store.setName("Алиса", of: alice)
        try await store.setBlocked(true, carol, by: alice)
        _ = try await store.append([draft("late")])
        let rows = try await store.pool.read { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'grdb_*'")
            return try tables.filter { $0 != "meta" }.flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \(table)")
                    .filter { $0.databaseValues.contains(alice.databaseValue) }.map { _ in table }
            }
        }
        #expect(rows.sorted() == ["bans", "feed_heads"])
    }

    /// A spammer may block many and be blocked by many.
    @Test func manyBlocksGo() async throws {
        for number in 0..<150 {
            try await store.setBlocked(true, user("blocked\(number)"), by: alice)
            try await store.setBlocked(true, alice, by: user("blocker\(number)"))
        }
        _ = try await store.delete(alice, at: noon)
        let left = try await store.pool.read { database in
            try Int.fetchAll(
                database,
                sql: """
                    SELECT count(*) FROM blocks WHERE user_id = 'alice' UNION ALL SELECT count(*) FROM block_counts
                    WHERE user_id = 'alice' UNION ALL SELECT count(*) FROM blocks WHERE blocked_id = 'alice'
                    UNION ALL SELECT count(*) FROM kept_profiles
                    """)
        }
        #expect(left == [0, 0, 150, 300])
    }

    /// There are more messages than one transaction deletes, and some that only one of the two sees.
    @Test func manyMessagesAndBlockedOnesGo() async throws {
        try await store.store(
            (0..<1200).map { draft("\($0)", from: $0 % 2 == 0 ? alice : bob, to: $0 % 2 == 0 ? bob : alice) })
        try await store.setBlocked(true, alice, by: bob)
        try await store.setBlocked(true, carol, by: alice)
        try await store.store([draft("unheard"), draft("unheard", from: carol, to: alice)])
        #expect(try await store.delete(alice, at: noon) == 1202)
        #expect(try await store.list(of: carol) == [])
        #expect(try await store.blockedEitherWay(with: bob) == [alice])  // the block is bob's
        #expect(try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM messages") } == 0)
        for user in [bob, carol] { try await expectNoGap(user) }
        try await expectSound()
    }

    /// A user who still blocks the deleted one sees no new name either.
    @Test func aDeletedUsersNamesGo() async throws {
        for user in [alice, bob, carol] { try await store.setName(UntrustedText(user.wire), of: user) }
        try await store.setBlocked(true, alice, by: bob)
        try await store.setBlocked(true, carol, by: alice)
        try await store.setBlocked(true, carol, by: bob)
        _ = try await store.delete(alice, at: noon)
        #expect(try await store.keptProfiles() == ["alice bob bob", "bob alice -", "bob carol carol", "carol bob bob"])
        try await store.setName("again", of: alice)
        #expect(try await store.setBanned(false, alice, at: noon))
        try await store.store([draft("no", from: bob, to: alice), draft("never")])
        #expect(try await store.conversations(of: bob, limit: 9).map(\.peerName) == [nil])
        try await store.setBlocked(false, alice, by: bob)
        #expect(try await store.keptProfiles() == ["bob carol carol", "carol bob bob"])
    }

    @Test func oldMessagesGoAndCountsFollow() async throws {
        let day: Duration = .seconds(86_400)
        let ids = try await store.store([draft("1"), draft("2"), draft("3", from: carol, to: bob)]).map(\.message.id)
        #expect(try await store.markRead(by: bob, with: alice, upTo: ids[0]) == true)
        #expect(try await store.delivered(bob, 2) == ["2"])
        let later = noon.advanced(by: day)
        try await store.store([draft("4", at: later)])
        #expect(try await store.list(of: bob) == ["alice: 4 2", "carol: 3 1"])
        #expect(try await store.deleteMessages(before: later, now: later) == 3)
        #expect(try await store.list(of: bob) == ["alice: 4 1"])
        #expect(try await store.texts(of: bob, with: alice) == ["4"])
        #expect(try await store.feedStart(of: bob) == 3)
        for user in [alice, bob, carol] { try await expectNoGap(user) }
        try await expectSound()
        #expect(try await store.deleteMessages(before: later, now: later) == 0)
        #expect(try await store.delivered(bob, 4) == ["4"])
        #expect(try await store.markRead(by: bob, with: alice, upTo: ids[0]) == nil)
    }

    /// A mark covers everything before it. So there are none any more towards the sender of a message that was deleted
    /// before it arrived: no tick says that it did.
    @Test(arguments: [true, false]) func whatWasDeletedUndeliveredIsNeverTicked(isBlocked: Bool) async throws {
        let later = noon.advanced(by: .seconds(86_400))
        try await store.store([draft("delivered", from: carol, to: alice), draft("0", from: bob, to: alice)])
        #expect(try await store.delivered(alice, 2) == ["delivered", "0"])
        if isBlocked { try await store.setBlocked(true, bob, by: alice) }
        try await store.store([draft("lost", from: bob, to: alice)])
        let ids = try await store.store([
            draft("1", from: bob, to: alice, at: later), draft("2", from: carol, to: alice, at: later),
            draft("3", from: alice, to: bob, at: later),
        ]).map(\.message.id)
        #expect(try await store.deleteMessages(before: later, now: later) == 3)
        if isBlocked { try await store.setBlocked(false, bob, by: alice) }
        #expect(try await store.delivered(alice, 9) == ["2"])
        let mark = [ReadMark(user: alice, peer: bob, messageID: ids[0])]
        #expect(try await store.markRead(mark, atMost: 9) == [.set(newest: nil)])
        #expect(try await store.unread(of: alice, with: bob) == 0)
        #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice - -"])
        #expect(try await store.isRead(of: bob, with: alice) == [false, false])
        // Marks of others, and bob's towards alice, go on.
        #expect(try await store.delivered(bob, 9) == ["3"])
        #expect(try await store.marks(of: alice, with: bob).last == "bob 3 -")
        #expect(try await store.markRead(by: alice, with: carol, upTo: ids[1]) == true)
        #expect(try await store.marks(of: carol, with: alice).last == "alice 2 2")
        try await expectSound()
        _ = try await store.delete(bob, at: later)
        #expect(try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM stopped_marks") } == 0)
    }

    /// What reached its receiver after a block, or was read in a page, was delivered.
    @Test func whatWasDeletedDeliveredStopsNoMarks() async throws {
        let later = noon.advanced(by: .seconds(86_400))
        try await store.setBlocked(true, bob, by: alice)
        try await store.store([draft("1", from: bob, to: alice)])
        try await store.setBlocked(false, bob, by: alice)
        #expect(try await store.delivered(alice, 1) == ["1"])
        let read = try await store.store([draft("2", from: carol, to: alice)])[0].message.id
        #expect(try await store.markRead(by: alice, with: carol, upTo: read) == true)
        try await store.store(
            ["3", "4"].enumerated().map { index, text in
                draft(text, from: index == 0 ? bob : carol, to: alice, at: later)
            })
        #expect(try await store.deleteMessages(before: later, now: later) == 3)
        #expect(try await store.delivered(alice, 9) == ["3", "4"])
        try await expectSound()
    }

    /// A message with a time in the future does not keep those after it from being deleted. It is deleted with the next
    /// one that is too old.
    @Test func aTimeThatIsYetToComeKeepsNothing() async throws {
        let (now, ahead) = (noon.advanced(by: .seconds(86_400)), noon.advanced(by: .seconds(315_360_000)))
        try await store.store((0..<600).map { draft("\($0)", from: carol, to: alice, at: ahead) })
        #expect(try await store.deleteMessages(before: now, now: now) == 0)
        try await store.store([draft("old"), draft("ahead", at: ahead)])
        #expect(try await store.deleteMessages(before: now, now: now) == 601)
        #expect(try await store.texts() == ["ahead"])
        #expect(try await store.list(of: bob) == ["alice: ahead 1"])
        #expect(try await store.lastCursor(of: carol) == 600)
        for user in [alice, bob, carol] { try await expectNoGap(user) }
        try await expectSound()
    }

    /// A message with too early a time is not older than those stored before it.
    @Test func aClockThatWasBehindDeletesNothing() async throws {
        let (now, long) = (noon.advanced(by: .seconds(86_400)), noon.advanced(by: .seconds(-315_360_000)))
        try await store.store([draft("old"), draft("young", at: now), draft("behind", at: long)])
        #expect(try await store.deleteMessages(before: now, now: now) == 1)
        #expect(try await store.texts() == ["young", "behind"])
        for user in [alice, bob] { try await expectNoGap(user) }
    }

    /// The conversation keeps its product, even if no later message names one.
    @Test func aProductOutlivesTheMessageThatNamedIt() async throws {
        let (boat, lamp) = (Product(id: "p1", title: "Лодка"), Product(id: "p2", title: nil))
        let later = noon.advanced(by: .seconds(86_400))
        let ids = try await store.store([
            draft("1", product: boat), draft("2", from: bob, to: alice), draft("3", at: later),
            draft("4", from: bob, to: alice, at: later),
        ]).map(\.message.id)
        #expect(try await store.markRead(by: bob, with: alice, upTo: ids[0]) == true)
        #expect(try await store.markRead(by: alice, with: bob, upTo: ids[3]) == true)
        _ = try await store.delivered(bob, 3)
        func products() async throws -> [Product?] {
            var products: [Product?] = []
            for user in [alice, bob] {
                products += try await store.conversations(of: user, limit: 9).map(\.product)
            }
            return products
        }
        #expect(try await store.deleteMessages(before: later, now: later) == 2)
        #expect(try await products() == [boat, boat])
        // No remaining message is before bob's mark, so he has none.
        #expect(try await store.marks() == ["alice - 4", "bob 3 -"])
        #expect(try await store.list(of: bob) == ["alice: 4 1"])
        try await expectSound()
        try await store.store([draft("5", from: bob, to: alice, product: lamp, at: later)])
        #expect(try await products() == [lamp, lamp])
        let tomorrow = later.advanced(by: .seconds(86_400))
        try await store.store([draft("6", at: tomorrow)])
        #expect(try await store.deleteMessages(before: tomorrow, now: tomorrow) == 3)
        #expect(try await products() == [lamp, lamp])
        try await expectSound()
    }

    @Test func anExportHasAllThatTheUserKnows() async throws {
        try await store.setName("Алиса", of: alice)
        try await store.store([draft("1"), draft("2", from: bob, to: alice), draft("other", from: bob, to: carol)])
        try await store.setBlocked(true, carol, by: alice)
        try await store.store([draft("unheard", from: carol, to: alice)])
        var records: [String] = []
        try await store.export(alice) { record in
            switch record {
            case .user(let user, let name, _, let isBanned):
                records.append("\(user.wire) \(name?.wire ?? "-") \(isBanned)")
            case .block(let other): records.append("blocks \(other.wire)")
            case .message(let stored): records.append("\(stored.message.sender.wire): \(stored.message.text.wire)")
            }
        }
        #expect(records == ["alice Алиса false", "blocks carol", "alice: 1", "bob: 2"])
    }
}
