extension Schema {
    /// - `conversations_by_peer`: finds the rows of conversations with a user, so that deleting a user scans nobody
    ///   else's.
    /// - `conversations.product_id`, `product_title`: the product of the conversation, if the message that named it
    ///   last is deleted. `product_seq` is null then.
    static let v9 = """
        CREATE INDEX conversations_by_peer ON conversations (peer_id);

        ALTER TABLE conversations ADD COLUMN product_id TEXT;
        ALTER TABLE conversations ADD COLUMN product_title TEXT;
        """
}
