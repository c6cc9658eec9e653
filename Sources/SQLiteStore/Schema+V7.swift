extension Schema {
    /// `kept_profiles`: what `peer_id` was called, and looked like, when one of the two blocked the other. `user_id` is shown
    /// that as long as there is a block between them, in either direction; null where nothing was known.
    static let v7 = """
        CREATE TABLE kept_profiles (
            user_id TEXT NOT NULL,
            peer_id TEXT NOT NULL,
            name TEXT,
            avatar_url TEXT,
            PRIMARY KEY (user_id, peer_id)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO kept_profiles (user_id, peer_id, name, avatar_url)
        SELECT user_id, peer_id, coalesce(nullif(name, ''), full_name), avatar_url FROM (
            SELECT user_id, blocked_id AS peer_id FROM blocks UNION SELECT blocked_id, user_id FROM blocks
        ) LEFT JOIN users ON users.id = peer_id;
        """
}
