extension Schema {
    /// - `bans`: who is not let in, since when (`banned_at`, microseconds since 1970).
    /// - `feed_heads.start_cursor`: up to there messages of the feed may have been deleted, so that nobody can resume before it.
    static let v6 = """
        CREATE TABLE bans (
            user_id TEXT NOT NULL PRIMARY KEY,
            banned_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE feed_heads ADD COLUMN start_cursor INTEGER NOT NULL DEFAULT 0;
        """
}
