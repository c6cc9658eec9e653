import GRDB

/// What messages are found by, brought up to the end of the log.
///
/// Storing a message writes a row of `messages` and nothing else. A settlement takes all rows that came since the last one
/// together, table by table, so that a page changes once for many messages. Nothing of it has to be
/// on the disk at any moment: after a crash, what is missing is derived from `messages` again.
enum Settlement {
    /// Where it ends at the moment.
    static func end(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT up_to FROM settled")) ?? 0
    }

    static func isNeeded(_ database: Database) throws -> Bool {
        try logEnd(database) > end(database)
    }

    /// The place of the newest message; 0 where there is none.
    static func logEnd(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(seq) FROM messages")) ?? 0
    }

    /// Runs within a transaction.
    /// - Returns: the last `seq` that was given out. All tables are up to there.
    @discardableResult
    static func run(_ database: Database) throws -> Int64 {
        let start = try end(database)
        let last = try logEnd(database)
        guard last > start else { return start }
        for sql in inserts { try HotStatement(database, sql).execute(start) }
        try HotStatement(database, "UPDATE settled SET up_to = ?").execute(last)
        return last
    }

    /// Sorted only where that fills pages: the order costs more than it saves as long as the pages are in the cache.
    private static let inserts = [
        "INSERT INTO message_ids (id, seq) \(LogEnd.ids(after: "?1")) ORDER BY 1",
        "INSERT INTO sendings (sender_id, client_message_id, seq) \(LogEnd.sendings(after: "?1"))",
        """
        INSERT INTO conversation_places (peer_low, peer_high, known_to, seq)
        \(LogEnd.places(after: "?1"))
        """,
        "INSERT INTO feeds (user_id, cursor, seq) \(LogEnd.feeds(after: "?1"))",
        """
        INSERT INTO conversations (user_id, peer_id, last_seq, last_at, product_seq, unread)
        SELECT user_id, peer_id, last_seq, (SELECT created_at FROM messages WHERE seq = last_seq), product_seq, unread
        FROM (\(LogEnd.sides(after: "?1"))) WHERE true ORDER BY user_id, peer_id
        ON CONFLICT (user_id, peer_id) DO UPDATE SET
            last_seq = excluded.last_seq, last_at = excluded.last_at,
            product_seq = coalesce(excluded.product_seq, product_seq), unread = unread + excluded.unread
        """,
    ]
}
