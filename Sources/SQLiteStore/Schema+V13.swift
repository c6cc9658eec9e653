extension Schema {
    /// From here on, what a block withheld is delivered when the block ends (`WithheldMessages`). The delivery is a row
    /// of `messages` of its own, at the end of the log: with the `id` of the message, a `sender_cursor` of 0 and no
    /// `client_message_id`. Only the receiver sees it. The sender sees the first row.
    ///
    /// - `deliveries`: finds the `seq` of a delivery by the message's id.
    /// - `blocks.withheld_after`: messages of the blocked user after this `seq` are delivered at the end of the block.
    ///   For a block that was there before this version, these are all after the blocking user's marks, which have not
    ///   moved since. Messages that an earlier, ended block withheld are before the marks and stay with their sender,
    ///   unless the blocking user has no marks: then they are delivered too, after what that user already has.
    static let v13 = """
        CREATE TABLE deliveries (
            id TEXT NOT NULL PRIMARY KEY,
            seq INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE blocks ADD COLUMN withheld_after INTEGER NOT NULL DEFAULT 0;

        UPDATE blocks SET withheld_after = coalesce(
            (SELECT max(coalesce(delivered_seq, 0), coalesce(read_seq, 0)) FROM conversations
            WHERE conversations.user_id = blocks.user_id AND peer_id = blocked_id), 0);
        """
}
