extension Schema {
    /// `kept_profiles`: the name and picture of `peer_id` from when one of the two blocked the other. `user_id` sees
    /// these as long as there is a block between them, in either direction. Null if nothing was known.
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
