/// Queries that derive rows from messages at the end of the log. A condition on `seq` selects the messages.
///
/// A withheld message has a `receiver_cursor` of 0, and only its sender sees it. A delivery (`WithheldMessages`) has a
/// `sender_cursor` of 0, and only its receiver sees it.
enum LogEnd {
    /// For messages of earlier versions. The ids of all others contain their `seq` (``MessageIDCipher``).
    static func ids(_ condition: String) -> String {
        "SELECT id, seq FROM main.messages WHERE \(condition) AND place IS NULL"
    }

    static func sendings(_ condition: String) -> String {
        """
        SELECT sender_id, client_message_id, seq FROM main.messages
        WHERE \(condition) AND client_message_id NOT NULL
        """
    }

    static func places(_ condition: String) -> String {
        """
        SELECT min(sender_id, receiver_id) AS peer_low, max(sender_id, receiver_id) AS peer_high,
            CASE WHEN receiver_cursor > 0 AND sender_cursor > 0 THEN 0
                WHEN (sender_id < receiver_id) = (sender_cursor > 0) THEN 1 ELSE 2 END AS known_to, seq
        FROM main.messages WHERE \(condition)
        """
    }

    /// - Parameter hasCursor: A condition on the cursor, which selects messages of a feed.
    static func feeds(_ condition: String, hasCursor: (_ cursor: String) -> String) -> String {
        """
        SELECT sender_id AS user_id, sender_cursor AS cursor, seq FROM main.messages
        WHERE \(condition) AND \(hasCursor("sender_cursor")) AND sender_cursor > 0
        UNION ALL
        SELECT receiver_id, receiver_cursor, seq FROM main.messages
        WHERE \(condition) AND \(hasCursor("receiver_cursor")) AND receiver_cursor > 0 AND receiver_id <> sender_id
        """
    }

    /// The changes to each user's row of a conversation.
    static func sides(_ condition: String) -> String {
        """
        WITH directed AS MATERIALIZED (
            SELECT sender_id, receiver_id, receiver_cursor > 0 AS reaches, sender_cursor > 0 AS was_sent, max(seq) AS last_seq,
                max(CASE WHEN product_id NOT NULL OR product_title NOT NULL THEN seq END) AS product_seq,
                sum(is_read = 0) AS unread
            FROM main.messages WHERE \(condition) GROUP BY 1, 2, 3, 4
        ), sides AS (
            SELECT sender_id AS user_id, receiver_id AS peer_id, reaches AS is_shared, last_seq, product_seq, 0 AS unread
            FROM directed WHERE was_sent
            UNION ALL
            SELECT receiver_id, sender_id, was_sent, last_seq, product_seq, unread FROM directed
            WHERE reaches AND receiver_id <> sender_id
        )
        SELECT user_id, peer_id, max(last_seq) AS last_seq, max(product_seq) AS product_seq, sum(unread) AS unread,
            max(CASE WHEN is_shared THEN last_seq END) AS shared_seq,
            max(CASE WHEN NOT is_shared THEN last_seq END) AS own_seq
        FROM sides GROUP BY user_id, peer_id
        """
    }
}
