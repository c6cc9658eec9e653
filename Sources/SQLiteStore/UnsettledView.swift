import GRDB

/// Reading what is stored while it cannot be settled, because the disk is full or another program holds the lock.
///
/// Views of the connection's own stand before the tables of the same names. They add what the end of the log holds, which a query
/// then goes through each time.
enum UnsettledView {
    static func run<Value>(_ database: Database, _ body: () throws -> Value) throws -> Value {
        try database.execute(sql: create)
        defer { try? database.execute(sql: drop) }
        return try body()
    }

    private static let end = "(SELECT up_to FROM main.settled)"

    private static let create = """
        PRAGMA temp_store = MEMORY;
        CREATE TEMP VIEW message_ids AS
            SELECT id, seq FROM main.message_ids UNION ALL \(LogEnd.ids(after: end));
        CREATE TEMP VIEW sendings AS
            SELECT sender_id, client_message_id, seq FROM main.sendings UNION ALL \(LogEnd.sendings(after: end));
        CREATE TEMP VIEW conversation_places AS
            SELECT peer_low, peer_high, known_to, seq FROM main.conversation_places
            UNION ALL \(LogEnd.places(after: end));
        CREATE TEMP VIEW feeds AS
            SELECT user_id, cursor, seq FROM main.feeds UNION ALL \(LogEnd.feeds(after: end));
        CREATE TEMP VIEW conversations AS
            SELECT user_id, peer_id, last_seq,
                (SELECT created_at FROM main.messages WHERE seq = last_seq) AS last_at,
                product_seq, unread, delivered_seq, read_seq, product_id, product_title
            FROM (
                SELECT user_id, peer_id, max(last_seq) AS last_seq, max(product_seq) AS product_seq,
                    sum(unread) AS unread, max(delivered_seq) AS delivered_seq, max(read_seq) AS read_seq,
                    max(product_id) AS product_id, max(product_title) AS product_title
                FROM (
                    SELECT user_id, peer_id, last_seq, product_seq, unread, delivered_seq, read_seq, product_id,
                        product_title FROM main.conversations
                    UNION ALL
                    SELECT user_id, peer_id, last_seq, product_seq, unread, NULL, NULL, NULL, NULL
                    FROM (\(LogEnd.sides(after: end)))
                ) GROUP BY user_id, peer_id);
        """

    private static let drop = ["message_ids", "sendings", "conversation_places", "feeds", "conversations"]
        .map { "DROP VIEW IF EXISTS temp.\($0);" }.joined()
}
