extension Schema {
    /// - `conversations` has two rows for each pair of users, one for each user's view. So lists and marks are answered
    ///   without scanning messages. `append` updates the rows in its transaction. `last_seq`, `last_at`: the newest
    ///   message. `product_seq`: the newest one that named a product. `read_seq`: up to where the user has read.
    ///   `unread`: how many of the peer's messages are after it. `delivered_seq`: the newest of the peer's messages
    ///   that is on a device of the user's.
    /// - A message is read if its receiver's `read_seq` covers it, or if `messages.is_read` says so. This program never
    ///   sets `is_read`.
    /// - `feed_heads.delivered_cursor`: a device of the user's has the feed up to this cursor.
    static let v2 = """
        CREATE TABLE conversations (
            user_id TEXT NOT NULL,
            peer_id TEXT NOT NULL,
            last_seq INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            product_seq INTEGER,
            unread INTEGER NOT NULL,
            delivered_seq INTEGER,
            read_seq INTEGER,
            PRIMARY KEY (user_id, peer_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE last_seen (
            user_id TEXT NOT NULL PRIMARY KEY,
            seen_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE feed_heads ADD COLUMN delivered_cursor INTEGER NOT NULL DEFAULT 0;

        WITH pairs AS MATERIALIZED (
            SELECT peer_low, peer_high, max(seq) AS last_seq,
                max(CASE WHEN product_id IS NOT NULL OR product_title IS NOT NULL THEN seq END) AS product_seq,
                sum(receiver_id = peer_low AND sender_id <> receiver_id AND is_read = 0) AS unread_by_low,
                sum(receiver_id = peer_high AND sender_id <> receiver_id AND is_read = 0) AS unread_by_high
            FROM messages GROUP BY peer_low, peer_high
        ), sides AS (
            SELECT peer_low AS user_id, peer_high AS peer_id, last_seq, product_seq, unread_by_low AS unread
            FROM pairs
            UNION ALL
            SELECT peer_high, peer_low, last_seq, product_seq, unread_by_high
            FROM pairs WHERE peer_low <> peer_high
        )
        INSERT INTO conversations (user_id, peer_id, last_seq, last_at, product_seq, unread)
        SELECT user_id, peer_id, last_seq, created_at, sides.product_seq, unread
        FROM sides JOIN messages ON seq = last_seq ORDER BY user_id, peer_id;

        CREATE INDEX conversations_by_time ON conversations (user_id, last_seq, last_at);
        """
}
