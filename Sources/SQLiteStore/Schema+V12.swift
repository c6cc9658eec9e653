extension Schema {
    /// From here on `sendings` need not hold ids that are in order, that is, above all that their sender used before.
    /// One row of `sending_ranges` stands for many of those (`SettledIdempotencyKeys`).
    ///
    /// - `first_id`, `last_id`: the first and the last id of the range.
    /// - `members`: for each message, four bytes of its id's digest, and its `seq`.
    /// - `remaining`: how many of the messages are not deleted.
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
