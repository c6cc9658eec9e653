extension Schema {
    /// - `conversations_by_peer`: whose side of a conversation is with somebody, so that deleting one user looks at no other's.
    /// - `conversations.product_id`, `product_title`: what the conversation is about, where the message that named it last is
    ///   deleted; `product_seq` is null then.
    static let v9 = """
        CREATE INDEX conversations_by_peer ON conversations (peer_id);

        ALTER TABLE conversations ADD COLUMN product_id TEXT;
        ALTER TABLE conversations ADD COLUMN product_title TEXT;
        """
}
