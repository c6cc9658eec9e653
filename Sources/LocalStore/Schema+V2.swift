extension Schema {
    /// - `messages.order_at`: `MessagePlace.orderedAt`. It equals `created_at` unless a clock was wrong.
    /// - `messages_by_cursor`: finds the neighbours of a cursor.
    /// - `feed.begins_behind`: a `messages.seq`. Cursors of the messages up to it belong to another feed, the one of
    ///   the server before its database was restored from a backup.
    static let v2 = """
        ALTER TABLE messages ADD COLUMN order_at INTEGER NOT NULL DEFAULT 0;
        UPDATE messages SET order_at = created_at;
        DROP INDEX messages_in_order;
        DROP INDEX messages_after_gaps;
        CREATE INDEX messages_in_order ON messages (conversation, order_at, cursor);
        CREATE INDEX messages_after_gaps ON messages (conversation, order_at, cursor) WHERE follows_gap = 1;
        CREATE INDEX messages_by_cursor ON messages (conversation, cursor);
        ALTER TABLE feed ADD COLUMN begins_behind INTEGER NOT NULL DEFAULT 0;
        """
}
