extension Schema {
    /// From here on a user is told only marks that are true in that user's own order of the messages.
    ///
    /// - `conversations.read_peer_seq`: the newest of the peer's messages up to `read_seq`, which is the one that the
    ///   peer is told. Null if there is none, or if an earlier version set the mark.
    /// - `stopped_marks`: `peer_id` is told no marks of `user_id`, because a message was deleted before it reached
    ///   `user_id` (`Eraser`).
    static let v14 = """
        ALTER TABLE conversations ADD COLUMN read_peer_seq INTEGER;

        CREATE TABLE stopped_marks (
            user_id TEXT NOT NULL,
            peer_id TEXT NOT NULL,
            PRIMARY KEY (user_id, peer_id)
        ) STRICT, WITHOUT ROWID;
        """
}
