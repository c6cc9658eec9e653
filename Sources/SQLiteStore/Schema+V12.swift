extension Schema {
    /// From here on `sendings` need not hold what was called in order: by an id above all that its sender had used. A row of
    /// `sending_ranges` stands for as many as sixteen of those (`SettledSendings`).
    ///
    /// - `first_id`, `last_id`: of some messages that their sender called in order.
    /// - `cursor`: where the first of them stands in the sender's feed. The others stand behind it, in the same block of that feed.
    static let v12 = """
        CREATE TABLE sending_ranges (
            sender_id TEXT NOT NULL,
            first_id TEXT NOT NULL,
            last_id TEXT NOT NULL,
            cursor INTEGER NOT NULL,
            PRIMARY KEY (sender_id, first_id)
        ) STRICT, WITHOUT ROWID;
        """
}
