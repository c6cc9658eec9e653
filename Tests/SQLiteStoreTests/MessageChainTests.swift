import ChatServer
import ChatWire
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

/// Whatever was stored, withheld and deleted, following a chain's links finds the same messages as a scan of all.
@Suite struct MessageChainTests {
    private static let dave = user("dave")
    private static let people = [alice, bob, carol, dave]

    /// How a database came to be.
    enum Past: CaseIterable, Sendable {
        case new
        /// An earlier version stored the first half, so those messages are all anchors.
        case halfOld
        /// One user was deleted, too.
        case deleted
        /// And the newest messages are not settled.
        case unsettled
    }

    @Test(arguments: Past.allCases, 1...6)
    func aWalkFindsWhatThereIs(past: Past, seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        // Earlier versions delivered nothing at the end of a block.
        try await fill(store, &random, unblocks: past != .halfOld)
        if past == .halfOld { try await makeOld(store) }
        try await fill(store, &random)
        if past == .deleted { _ = try await store.delete(Self.dave, at: noon) }
        if past == .unsettled { try await store.stopSettling() }
        try await fill(store, &random, blocks: past != .unsettled)
        if past == .unsettled {
            try await store.pool.read { [random] database in
                try UnsettledView.run(database) {
                    var random = random
                    try compare(database, &random)
                }
            }
        } else {
            // When an anchor is deleted, the message before it becomes the anchor.
            if past != .deleted { try await store.expectSettledAsDerived() }
            try await store.pool.read { [random] database in
                var random = random
                try compare(database, &random)
            }
        }
    }

    /// Blocks in between make some messages visible to their sender only.
    private func fill(_ store: SQLiteStore, _ random: inout SplitMix, blocks: Bool = true, unblocks: Bool = true)
        async throws
    {
        for round in 0..<6 {
            let drafts = (0..<Int.random(in: 10...60, using: &random)).map { _ in
                draft(
                    "\(round)", from: Self.people.randomElement(using: &random)!,
                    to: Self.people.prefix(Int.random(in: 2...4, using: &random)).randomElement(using: &random)!)
            }
            _ = try await store.append(drafts)
            if !blocks { continue }
            let (one, other) = (Self.people[Int.random(in: 0...1, using: &random)], carol)
            let isBlocked = Bool.random(using: &random) || !unblocks
            _ = try await store.setBlocked(isBlocked, other, by: one, at: noon, limit: 9, atMost: 9)
        }
    }

    /// Turns the messages into those of schema version 10.
    private func makeOld(_ store: SQLiteStore) async throws {
        #expect(await store.settler.settle(within: .seconds(60)))
        try await store.write(.atOnce) { database in
            try database.execute(
                sql: """
                    UPDATE messages SET
                        place = NULL, place_previous = NULL, sender_previous = NULL, receiver_previous = NULL;
                    UPDATE conversations SET shared_seq = NULL, own_seq = NULL;
                    INSERT INTO message_ids (id, seq) \(LogEnd.ids("true"));
                    INSERT OR IGNORE INTO conversation_places (peer_low, peer_high, known_to, seq) \(LogEnd.places("true"));
                    INSERT OR IGNORE INTO feeds (user_id, cursor, seq) \(LogEnd.feeds("true") { _ in "true" });
                    """)
        }
    }

    private func compare(_ database: Database, _ random: inout SplitMix) throws {
        for user in Self.people {
            let feed = try Row.fetchAll(
                database,
                sql: """
                    SELECT iif(sender_id = :user, sender_cursor, receiver_cursor) AS number, seq FROM main.messages
                    WHERE sender_id = :user AND sender_cursor > 0 OR receiver_id = :user AND receiver_cursor > 0
                    ORDER BY seq
                    """, arguments: ["user": user])
            try compare(FeedChain(of: user, database), with: feed, &random)
            for peer in Self.people {
                for visibility in [ConversationChain.Visibility.both, .low, .high] {
                    let messages = try Row.fetchAll(
                        database,
                        sql: """
                            SELECT seq AS number, seq FROM (\(LogEnd.places("true")))
                            WHERE peer_low = min(:user, :peer) AND peer_high = max(:user, :peer) AND known_to = :visibility
                            ORDER BY seq
                            """, arguments: ["user": user, "peer": peer, "visibility": visibility.rawValue])
                    let chain = try ConversationChain(user, peer, visibleTo: visibility, database)
                    try compare(chain, with: messages, &random)
                }
            }
        }
    }

    private func compare(_ chain: some MessageChain, with rows: [Row], _ random: inout SplitMix) throws {
        let all: [(number: Int64, seq: Int64)] = rows.map { ($0["number"], $0["seq"]) }
        let end = (all.last?.number ?? 0) + 2
        for _ in 0..<12 {
            let (low, high) = (Int64.random(in: 0...end, using: &random), Int64.random(in: 0...end, using: &random))
            let count = Int.random(in: 1...40, using: &random)
            let before = all.filter { $0.number <= high }.suffix(count).reversed()
            #expect(try chain.newest(upTo: high, limit: count).map(\.seq) == before.map(\.seq))
            let between = all.filter { $0.number > low && $0.number <= high }.reversed()
            #expect(try chain.links(behind: low, upTo: high).map(\.seq) == between.map(\.seq))
            let oldest = try chain.oldest(behind: low, upTo: high, atLeast: count).map(\.seq)
            #expect(oldest == Array(between.reversed().prefix(oldest.count).map(\.seq)))
            #expect(oldest.count >= min(count, between.count))
        }
        #expect(try chain.newest(limit: .max).map(\.seq) == all.reversed().map(\.seq))
    }
}
