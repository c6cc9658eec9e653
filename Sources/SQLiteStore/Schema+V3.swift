extension Schema {
    /// - `blocks`: `user_id` gets nothing from `blocked_id`. A message that `blocked_id` writes meanwhile has a
    ///   `messages.receiver_cursor` of 0. It is only in the sender's feed and in the sender's row of `conversations`.
    static let v3 = """
        CREATE TABLE blocks (
            user_id TEXT NOT NULL,
            blocked_id TEXT NOT NULL,
            PRIMARY KEY (user_id, blocked_id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX blocks_by_blocked ON blocks (blocked_id);
        """
}
