extension Schema {
    /// From here on each message has the `seq` of the one before it. So `feeds` and `conversation_places` hold only an
    /// anchor for every sixteen messages (`MessageChain`).
    ///
    /// - `messages.sender_previous`, `receiver_previous`: the `seq` of the message before it in its sender's feed, and
    ///   in its receiver's. `place`: its number among the messages of its conversation with the same `known_to`.
    ///   `place_previous`: the `seq` of the one before it there. 0 means that it is the first, or not in that feed.
    ///   Null means that an earlier version stored it: it and all before it are anchors.
    /// - `meta.id_key`: the key by which ids contain their `seq` (`MessageIDCipher`). `message_ids` holds only ids of
    ///   earlier versions.
    /// - `conversations.shared_seq`, `own_seq`: the newest message that both users see, and the newest that only this
    ///   user sees. Null if no such message came since this version.
    static let v11 = """
        ALTER TABLE messages ADD COLUMN sender_previous INTEGER;
        ALTER TABLE messages ADD COLUMN receiver_previous INTEGER;
        ALTER TABLE messages ADD COLUMN place INTEGER;
        ALTER TABLE messages ADD COLUMN place_previous INTEGER;
        ALTER TABLE conversations ADD COLUMN shared_seq INTEGER;
        ALTER TABLE conversations ADD COLUMN own_seq INTEGER;

        INSERT INTO meta (key, value) VALUES ('id_key', lower(hex(randomblob(8))));
        """
}
