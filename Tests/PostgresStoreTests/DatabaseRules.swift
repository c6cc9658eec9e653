#if Cluster

import Testing

/// What must hold of a database, as a query without rows.
struct DatabaseRules {
    private let broken: String
    private let query: String

    private init(_ broken: String, _ query: String) {
        self.broken = broken
        self.query = query
    }

    static func check(_ rules: [DatabaseRules], with column: (_ query: String) throws -> [String?]) throws {
        for rule in rules {
            let rows = try column(rule.query)
            #expect(rows == [], "\(rule.broken)")
        }
    }

    /// Both sides of every message that have a cursor.
    private static let sides = """
        SELECT sender_id AS u, sender_cursor AS cursor, seq FROM chat.entries WHERE sender_cursor > 0
        UNION ALL SELECT receiver_id, receiver_cursor, seq FROM chat.entries
        WHERE receiver_cursor > 0 AND (receiver_id <> sender_id OR sender_cursor = 0)
        """

    static let always = [
        DatabaseRules(
            "a message without a place, or a place without a message",
            """
            SELECT coalesce(m.id, e.message_id)::text FROM messages m FULL JOIN chat.entries e ON e.message_id = m.id
            WHERE m.id IS NULL OR e.message_id IS NULL
            """),
        DatabaseRules(
            "cursors that are not 1, 2, 3 … in the order of seq",
            """
            SELECT u::text FROM (
              SELECT u, cursor, row_number() OVER (PARTITION BY u ORDER BY seq) AS n FROM (\(sides)) AS sides
            ) AS d LEFT JOIN chat.feed_starts f ON f.user_id = u GROUP BY u
            HAVING count(f) = 0 AND bool_or(d.cursor <> n)
            """),
        DatabaseRules(
            "a head that is not the last cursor",
            """
            SELECT user_id::text FROM chat.heads LEFT JOIN (
              SELECT u, max(cursor) AS last FROM (\(sides) UNION ALL SELECT user_id, cursor, 0 FROM chat.feed_starts) AS d
              GROUP BY u
            ) AS d ON u = user_id WHERE coalesce(last, 0) <> last_cursor
            """),
        DatabaseRules(
            "a user who is not in the list of one they know",
            """
            SELECT sender_id::text FROM (
              SELECT sender_id, receiver_id FROM chat.entries WHERE sender_cursor > 0
              UNION SELECT receiver_id, sender_id FROM chat.entries WHERE receiver_cursor > 0
              EXCEPT SELECT user_id, peer_id FROM chat.peers) AS d
            """),
    ]

    static let migrated = [
        DatabaseRules(
            "an earlier message behind a later one",
            """
            SELECT message_text FROM (
              SELECT message_text, m.created_at < lag(m.created_at) OVER (ORDER BY e.seq) AS is_behind
              FROM chat.entries e JOIN messages m ON m.id = message_id WHERE message_text LIKE 'old%'
            ) AS d WHERE is_behind
            """),
        DatabaseRules(
            "a mark that is not the newest read message",
            """
            SELECT p.user_id::text FROM chat.peers p LEFT JOIN (
              SELECT e.receiver_id, e.sender_id, max(e.seq) AS seq
              FROM chat.entries e JOIN messages m ON m.id = e.message_id WHERE m.is_read GROUP BY 1, 2
            ) AS d ON d.receiver_id = p.user_id AND d.sender_id = p.peer_id
            WHERE d.seq IS DISTINCT FROM p.read_seq AND p.user_id NOT IN (SELECT user_id FROM chat.feed_starts)
            """),
    ]
}

#endif
