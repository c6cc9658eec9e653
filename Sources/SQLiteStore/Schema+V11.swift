extension Schema {
    /// From here on each message knows the one before it, so that `feeds` and `conversation_places` hold no more than an anchor
    /// for every sixteen messages (`MessageChain`).
    ///
    /// - `messages.sender_previous`, `receiver_previous`: the `seq` of the message before it in its sender's feed, and in its
    ///   receiver's. `place`: which message it is of those with the same `known_to` in its conversation; `place_previous`: the
    ///   `seq` of the one before it there. 0: it is the first, or not in that feed. Null: it was stored by an earlier version,
    ///   and so is an anchor, as all before it are.
    /// - `meta.id_key`: by which ids lead to their messages (`PlaceCipher`). `message_ids` holds those of earlier versions only.
    /// - `conversations.shared_seq`, `own_seq`: the newest message that both know of, and the newest that the user alone does.
    ///   Null: no such message came since then.
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
