extension Schema {
    /// - `search_words`: which words occur in which message. The table has no content of its own; its row numbers are
    ///   those of `search_places`. `WordQuery.indexedWords` divides a text into words, so the tokenizer only splits at
    ///   spaces. Beginnings of up to three letters have lists of their own, because many words share them.
    /// - `search_places`: the messages in the order of their time. `place` is the time in units of 2^16 microseconds, or
    ///   a little more if that is taken. `message` is a `messages.seq`.
    /// - `search_state` has one row. The messages up to the `seq` in `unindexed_up_to` are not in the index yet; the
    ///   others are.
    static let v4 = """
        CREATE VIRTUAL TABLE search_words USING fts5 (
            words, content = '', detail = none, columnsize = 0, prefix = '1 2 3', tokenize = 'ascii'
        );
        CREATE TABLE search_places (
            place INTEGER PRIMARY KEY,
            message INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE search_state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            unindexed_up_to INTEGER NOT NULL
        ) STRICT;
        INSERT INTO search_state (id, unindexed_up_to) SELECT 1, coalesce(max(seq), 0) FROM messages;
        """
}
