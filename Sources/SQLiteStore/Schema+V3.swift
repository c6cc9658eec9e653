extension Schema {
    /// - `blocks`: `user_id` hears nothing of `blocked_id`. What that one writes meanwhile has `messages.receiver_cursor` 0
    ///   and stands in no feed, and on no side of `conversations`, but the sender's own.
    static let v3 = """
        CREATE TABLE blocks (
            user_id TEXT NOT NULL,
            blocked_id TEXT NOT NULL,
            PRIMARY KEY (user_id, blocked_id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX blocks_by_blocked ON blocks (blocked_id);
        """
}
