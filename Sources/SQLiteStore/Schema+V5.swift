extension Schema {
    /// - `messages_shared`: the messages that both users of a conversation see. `messages_withheld`: those that only
    ///   their sender sees. Each is read from its end, so a page costs the same however much somebody wrote to one who
    ///   blocks them. `messages_by_conversation` stays, for scans of a whole conversation.
    /// - `block_counts.blocked`: how many users `user_id` blocks, so that checking the limit is one look-up. Triggers
    ///   maintain it.
    static let v5 = """
        CREATE INDEX messages_shared ON messages (peer_low, peer_high) WHERE receiver_cursor > 0;
        CREATE INDEX messages_withheld ON messages (sender_id, receiver_id) WHERE receiver_cursor = 0;

        CREATE TABLE block_counts (
            user_id TEXT NOT NULL PRIMARY KEY,
            blocked INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        INSERT INTO block_counts (user_id, blocked) SELECT user_id, count(*) FROM blocks GROUP BY user_id;

        CREATE TRIGGER blocks_counted AFTER INSERT ON blocks BEGIN
            INSERT INTO block_counts (user_id, blocked) VALUES (new.user_id, 1)
            ON CONFLICT (user_id) DO UPDATE SET blocked = blocked + 1;
        END;

        CREATE TRIGGER blocks_uncounted AFTER DELETE ON blocks BEGIN
            UPDATE block_counts SET blocked = blocked - 1 WHERE user_id = old.user_id;
            DELETE FROM block_counts WHERE user_id = old.user_id AND blocked < 1;
        END;
        """
}
