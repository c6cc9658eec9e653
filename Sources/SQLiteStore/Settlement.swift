import GRDB

/// Settlement brings the derived tables (indexes and conversation rows) up to the end of the log.
///
/// Storing a message writes one row of `messages` and nothing else. A settlement then handles many new rows together,
/// table by table, so that a page changes once for many messages. It need not be synced to disk: after a crash, what is
/// missing is derived from `messages` again.
enum Settlement {
    /// The result of one settlement.
    struct Step {
        /// All tables are settled up to this `seq`.
        var end: Int64
        /// How many `seq`s of the log it covered.
        var count: Int
        /// The most rows that it wrote.
        var rows = 0
        /// Whether nothing was stored after `end`.
        var isWhole: Bool
    }

    /// The `seq` up to which the tables are settled now.
    static func end(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT up_to FROM settled")) ?? 0
    }

    /// How many `seq`s of the log are not settled.
    static func missing(_ database: Database) throws -> Int64 {
        try max(0, logEnd(database) - end(database))
    }

    /// The `seq` of the newest message; 0 if there is none.
    static func logEnd(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(seq) FROM messages")) ?? 0
    }

    /// Settles the next messages. Call it within a transaction.
    /// - Parameters:
    ///   - most: The most rows to write. At least one message is settled.
    ///   - writer: Its cache saves reading the log.
    static func run(_ database: Database, atMost most: Int, cachedBy writer: LogWriter) throws -> Step {
        let start = try end(database)
        let last = try logEnd(database)
        guard last > start else { return Step(end: start, count: 0, isWhole: true) }
        let (end, rows): (Int64, Int)
        if let part = try writer.cachedRange(start + 1...last, atMost: most, database) {
            try part.settle(database)
            (end, rows) = (part.end, part.rows)
        } else {
            end = min(last, start + Int64(max(1, most / SettlementBatchSize.ofOneMessage)))
            rows = Int(end - start) * SettlementBatchSize.ofOneMessage
            for sql in inserts { try HotStatement(database, sql).execute(start, end) }
        }
        try HotStatement(database, "UPDATE settled SET up_to = ?").execute(end)
        return Step(end: end, count: Int(end - start), rows: rows, isWhole: end == last)
    }

    private static let part = "seq > ?1 AND seq <= ?2"

    /// Rows are sorted only if that fills pages. While the pages are in the cache, sorting costs more than it saves.
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

    /// Updates a conversation's row that exists already.
    static let addToSide = """
        ON CONFLICT (user_id, peer_id) DO UPDATE SET
            last_seq = excluded.last_seq, last_at = excluded.last_at,
            product_seq = coalesce(excluded.product_seq, product_seq), unread = unread + excluded.unread,
            shared_seq = coalesce(excluded.shared_seq, shared_seq), own_seq = coalesce(excluded.own_seq, own_seq)
        """

    /// Whether a message is an anchor, given its number in the chain. Messages of earlier versions have no number, and
    /// all of them are anchors.
    private static func isAnchor(_ number: String) -> String {
        "(\(number) % \(Anchors.stride) = 0 OR place IS NULL)"
    }
}
