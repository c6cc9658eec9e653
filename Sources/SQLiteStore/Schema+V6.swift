extension Schema {
    /// - `bans`: the banned users, and since when (`banned_at`, in microseconds since 1970).
    /// - `feed_heads.start_cursor`: messages of the feed up to this cursor may have been deleted, so nobody can resume
    ///   before it.
    static let v6 = """
        CREATE TABLE bans (
            user_id TEXT NOT NULL PRIMARY KEY,
            banned_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE feed_heads ADD COLUMN start_cursor INTEGER NOT NULL DEFAULT 0;
        """
}
