extension Schema {
    /// - `messages.order_at`: where the message stands, as `MessagePlace.orderedAt`; its time, but for clocks that were wrong.
    /// - `messages_by_cursor`: the neighbours of a cursor.
    /// - `feed.begins_behind`: up to this `messages.seq` cursors are those of another feed, which the server had before its
    ///   database was restored.
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
