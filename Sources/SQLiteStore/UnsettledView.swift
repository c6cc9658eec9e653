import GRDB

/// Reads messages that are not settled: because the disk is full, because another program holds the lock, or because
/// settling would take longer than a read may wait.
///
/// A temporary view takes the place of the table `conversations`. It adds the changes that the unsettled messages make.
/// They are aggregates, so a query's key would not reach into them; they are therefore computed once per end of the
/// log, into a temporary table. The heads of chains are among the columns, so everything else is found from there.
///
/// SQLite pushes a key down into both parts of a view only if their columns have the same types, hence the casts.
enum UnsettledView {
    static func run<Value>(_ database: Database, _ body: () throws -> Value) throws -> Value {
        try bringUpSides(database)
        try database.execute(sql: create)
        defer { try? database.execute(sql: drop) }
        return try body()
    }

    /// A `seq` is never used for another message, so the first and the last `seq` identify the content.
    private static func bringUpSides(_ database: Database) throws {
        try database.execute(sql: createSides)
        let isCurrent = try Bool.fetchOne(
            database,
            sql: """
                SELECT (first, last) = ((SELECT up_to FROM main.settled), (SELECT max(seq) FROM main.messages))
                FROM temp.unsettled_end
                """)
        if isCurrent != true { try database.execute(sql: fillSides) }
    }

    private static let createSides = """
        CREATE TEMP TABLE IF NOT EXISTS unsettled_end (first INTEGER, last INTEGER) STRICT;
        CREATE TEMP TABLE IF NOT EXISTS unsettled_sides (
            user_id TEXT NOT NULL,
            peer_id TEXT NOT NULL,
            last_seq INTEGER NOT NULL,
            product_seq INTEGER,
            unread INTEGER NOT NULL,
            shared_seq INTEGER,
            own_seq INTEGER,
            PRIMARY KEY (user_id, peer_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS temp.unsettled_sides_by_time ON unsettled_sides (user_id, last_seq);
        CREATE INDEX IF NOT EXISTS temp.unsettled_sides_by_peer ON unsettled_sides (peer_id);
        """

    private static let fillSides = """
        DELETE FROM temp.unsettled_end;
        DELETE FROM temp.unsettled_sides;
        INSERT INTO temp.unsettled_sides (user_id, peer_id, last_seq, product_seq, unread, shared_seq, own_seq)
        \(LogEnd.sides(isUnsettled));
        INSERT INTO temp.unsettled_end VALUES ((SELECT up_to FROM main.settled), (SELECT max(seq) FROM main.messages));
        """

    private static let isUnsettled = "seq > (SELECT up_to FROM main.settled)"

    private static func old(_ column: String) -> String {
        """
        (SELECT \(column) FROM main.conversations AS old WHERE old.user_id = new.user_id AND old.peer_id = new.peer_id)
        """
    }

    private static let create = """
        CREATE TEMP VIEW conversations AS
            SELECT user_id, peer_id, last_seq, last_at, product_seq, unread, delivered_seq, read_seq, read_peer_seq,
                product_id, product_title, shared_seq, own_seq
            FROM main.conversations AS old WHERE NOT EXISTS (
                SELECT 1 FROM temp.unsettled_sides AS new
                WHERE new.user_id = old.user_id AND new.peer_id = old.peer_id)
            UNION ALL
            SELECT user_id, peer_id, last_seq,
                CAST((SELECT created_at FROM main.messages WHERE seq = new.last_seq) AS INTEGER),
                CAST(coalesce(product_seq, \(old("product_seq"))) AS INTEGER),
                CAST(unread + coalesce(\(old("unread")), 0) AS INTEGER),
                \(old("delivered_seq")), \(old("read_seq")), \(old("read_peer_seq")), \(old("product_id")),
                \(old("product_title")),
                CAST(coalesce(shared_seq, \(old("shared_seq"))) AS INTEGER),
                CAST(coalesce(own_seq, \(old("own_seq"))) AS INTEGER)
            FROM temp.unsettled_sides AS new;
        """

    private static let drop = "DROP VIEW IF EXISTS temp.conversations"
}
