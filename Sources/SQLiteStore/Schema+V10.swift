extension Schema {
    /// From here on `messages` is a log that only grows at its end and has no indexes: storing a message writes one
    /// row. The tables by which messages are found follow, a few thousand messages at a time (`Settlement`).
    ///
    /// - `settled.up_to`: the tables below, and `feeds` and `conversations`, are complete up to this `seq`. No `seq` up
    ///   to it is used again.
    /// - `message_ids`, `sendings`: find a message by its id, and by the id that its sender gave it.
    /// - `conversation_places`: the messages of two users. `known_to` is 0 for messages that both see. It is 1 for
    ///   messages that only `peer_low` sees, who wrote them to one who blocked them, and 2 for the same of `peer_high`.
    ///   Each is read from its end.
    /// - `feed_heads.last_cursor` is dropped: it is the last cursor in `feeds`, or `start_cursor` if that is higher.
    ///
    /// The text is the last column, so that no read has to skip a long one.
    static let v10 = """
        CREATE TABLE log (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            sender_id TEXT NOT NULL,
            receiver_id TEXT NOT NULL,
            sender_cursor INTEGER NOT NULL,
            receiver_cursor INTEGER NOT NULL,
            client_message_id TEXT,
            is_read INTEGER NOT NULL DEFAULT 0 CHECK (is_read IN (0, 1)),
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            product_id TEXT,
            product_title TEXT,
            message_text TEXT NOT NULL
        ) STRICT;

        CREATE TABLE message_ids (
            id TEXT NOT NULL PRIMARY KEY,
            seq INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sendings (
            sender_id TEXT NOT NULL,
            client_message_id TEXT NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (sender_id, client_message_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE conversation_places (
            peer_low TEXT NOT NULL,
            peer_high TEXT NOT NULL,
            known_to INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (peer_low, peer_high, known_to, seq)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE settled (up_to INTEGER NOT NULL) STRICT;

        INSERT INTO log (
            seq, id, sender_id, receiver_id, sender_cursor, receiver_cursor, client_message_id, is_read, created_at, updated_at,
            product_id, product_title, message_text)
        SELECT seq, id, sender_id, receiver_id, sender_cursor, receiver_cursor, client_message_id, is_read, created_at, updated_at,
            product_id, product_title, message_text
        FROM messages ORDER BY seq;

        INSERT INTO message_ids (id, seq) SELECT id, seq FROM messages ORDER BY id;

        INSERT INTO sendings (sender_id, client_message_id, seq)
        SELECT sender_id, client_message_id, seq FROM messages
        WHERE client_message_id NOT NULL ORDER BY sender_id, client_message_id;

        INSERT INTO conversation_places (peer_low, peer_high, known_to, seq)
        SELECT peer_low, peer_high, 0, seq FROM messages INDEXED BY messages_shared
        WHERE receiver_cursor > 0 ORDER BY peer_low, peer_high, seq;

        INSERT INTO conversation_places (peer_low, peer_high, known_to, seq)
        SELECT peer_low, peer_high, CASE sender_id WHEN peer_low THEN 1 ELSE 2 END, seq
        FROM messages INDEXED BY messages_withheld WHERE receiver_cursor = 0;

        INSERT INTO settled (up_to) SELECT coalesce(max(seq), 0) FROM messages;

        DROP TABLE messages;
        ALTER TABLE log RENAME TO messages;

        UPDATE feed_heads SET start_cursor = last_cursor
        WHERE start_cursor < last_cursor AND last_cursor > coalesce(
            (SELECT max(cursor) FROM feeds WHERE feeds.user_id = feed_heads.user_id), 0);

        ALTER TABLE feed_heads DROP COLUMN last_cursor;
        """
}
