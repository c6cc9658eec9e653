extension Schema {
    /// - `conversation_flags`: a row for each flag that is set. `flag` is the name of a `ConversationFlag`. `last_message`:
    ///   `StoredFlags.archivedAfter`.
    static let v3 = """
        CREATE TABLE conversation_flags (
            peer_id ANY NOT NULL,
            flag TEXT NOT NULL,
            last_message ANY,
            PRIMARY KEY (peer_id, flag)
        ) STRICT, WITHOUT ROWID;
        """
}
