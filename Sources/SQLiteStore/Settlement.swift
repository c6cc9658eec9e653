import GRDB

/// What messages are found by, brought up to the end of the log.
///
/// Storing a message writes a row of `messages` and nothing else. A settlement takes many rows that came since the last one
/// together, table by table, so that a page changes once for many messages. Nothing of it has to be
/// on the disk at any moment: after a crash, what is missing is derived from `messages` again.
enum Settlement {
    /// What one settlement did.
    struct Step {
        /// All tables are up to there.
        var end: Int64
        /// How many places of the log it went over.
        var count: Int
        /// How many rows it wrote, at most.
        var rows = 0
        /// Nothing was stored behind it.
        var isWhole: Bool
    }

    /// Where it ends at the moment.
    static func end(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT up_to FROM settled")) ?? 0
    }

    /// How many places of the log are not settled.
    static func missing(_ database: Database) throws -> Int64 {
        try max(0, logEnd(database) - end(database))
    }

    /// The place of the newest message; 0 where there is none.
    static func logEnd(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(seq) FROM messages")) ?? 0
    }

    /// Runs within a transaction.
    /// - Parameters:
    ///   - most: How many rows it writes. One message is settled at least.
    ///   - writer: What it remembers need not be read.
    static func run(_ database: Database, atMost most: Int, rememberedBy writer: LogWriter) throws -> Step {
        let start = try end(database)
        let last = try logEnd(database)
        guard last > start else { return Step(end: start, count: 0, isWhole: true) }
        let (end, rows): (Int64, Int)
        if let part = try writer.remembered(start + 1...last, atMost: most, database) {
            try part.settle(database)
            (end, rows) = (part.end, part.rows)
        } else {
            end = min(last, start + Int64(max(1, most / SettlementPace.ofOneMessage)))
            rows = Int(end - start) * SettlementPace.ofOneMessage
            for sql in inserts { try HotStatement(database, sql).execute(start, end) }
        }
        try HotStatement(database, "UPDATE settled SET up_to = ?").execute(end)
        return Step(end: end, count: Int(end - start), rows: rows, isWhole: end == last)
    }

    private static let part = "seq > ?1 AND seq <= ?2"

    /// Sorted only where that fills pages: the order costs more than it saves as long as the pages are in the cache.
    private static let inserts = [
        "INSERT INTO message_ids (id, seq) \(LogEnd.ids(part))",
        "INSERT INTO sendings (sender_id, client_message_id, seq) \(LogEnd.sendings(part))",
        """
        INSERT INTO conversation_places (peer_low, peer_high, known_to, seq)
        \(LogEnd.places("\(part) AND \(isAnchor("place"))"))
        """,
        "INSERT INTO feeds (user_id, cursor, seq) \(LogEnd.feeds(part, hasCursor: isAnchor))",
        """
        INSERT INTO conversations (user_id, peer_id, last_seq, last_at, product_seq, unread, shared_seq, own_seq)
        SELECT user_id, peer_id, last_seq, (SELECT created_at FROM messages WHERE seq = last_seq), product_seq, unread,
            shared_seq, own_seq
        FROM (\(LogEnd.sides(part))) WHERE true ORDER BY user_id, peer_id \(addToSide)
        """,
    ]

    /// What becomes of a side of a conversation that is there already.
    static let addToSide = """
        ON CONFLICT (user_id, peer_id) DO UPDATE SET
            last_seq = excluded.last_seq, last_at = excluded.last_at,
            product_seq = coalesce(excluded.product_seq, product_seq), unread = unread + excluded.unread,
            shared_seq = coalesce(excluded.shared_seq, shared_seq), own_seq = coalesce(excluded.own_seq, own_seq)
        """

    /// Whether a message is an anchor of a chain in which it has such a number. What an earlier version stored has none: each of
    /// those is one.
    private static func isAnchor(_ number: String) -> String {
        "(\(number) % \(Anchors.stride) = 0 OR place IS NULL)"
    }
}
