extension Schema {
    /// From here on `sendings` need not hold what was called in order: by an id above all that its sender had used. A row of
    /// `sending_ranges` stands for many of those (`SettledSendings`).
    ///
    /// - `first_id`, `last_id`: what the first and the last of them is called.
    /// - `members`: of each, four bytes of what it is called, and its `seq`.
    /// - `remaining`: how many of them are not deleted.
    static let v12 = """
        CREATE TABLE sending_ranges (
            sender_id TEXT NOT NULL,
            first_id TEXT NOT NULL,
            last_id TEXT NOT NULL,
            members BLOB NOT NULL,
            remaining INTEGER NOT NULL,
            PRIMARY KEY (sender_id, first_id)
        ) STRICT, WITHOUT ROWID;
        """
}
