#if Cluster

import ChatServer

/// Brings a database to the schema that this program needs.
public enum Migrator {
    /// Applies the migrations that a database lacks, each in one transaction. Its owner has to do it: a role that owns
    /// the marketplace's table `messages`, if there is one, and may create roles.
    ///
    /// - Returns: the versions before and after.
    /// - Throws: if the database cannot be reached, or a migration fails; the ones before it stay.
    public static func migrate(_ address: DatabaseAddress) throws(StoreOpenError) -> (before: Int, after: Int) {
        try use(address) { connection throws(PostgresError) in
            let before = try version(on: connection)
            let layout = try layout(on: connection)
            for migration in Migration.all where migration.version > before {
                try connection.execute(script(migration, layout))
            }
            return (before, max(before, Migration.latest))
        }
    }

    /// Returns the version of a database's tables, and the version that this program needs; 0 if there are none.
    public static func versions(_ address: DatabaseAddress) throws(StoreOpenError) -> (present: Int, needed: Int) {
        try use(address) { connection throws(PostgresError) in (try version(on: connection), Migration.latest) }
    }

    /// Returns the SQL of the migrations that a database lacks, for an operator who wants to read it or to run it.
    public static func pendingSQL(_ address: DatabaseAddress) throws(StoreOpenError) -> String {
        try use(address) { connection throws(PostgresError) in
            let before = try version(on: connection)
            let layout = try layout(on: connection)
            return Migration.all.filter { $0.version > before }.map { script($0, layout) }.joined(separator: "\n")
        }
    }

    private static func use<Value>(
        _ address: DatabaseAddress, _ body: (DatabaseConnection) throws(PostgresError) -> Value
    ) throws(StoreOpenError) -> Value {
        do {
            return try body(try DatabaseConnection(address))
        } catch {
            throw .unusable(address.name, reason: error.message)
        }
    }

    /// The statements of one migration as one transaction.
    private static func script(_ migration: Migration, _ layout: Migration.Layout) -> String {
        (["BEGIN", "SET LOCAL search_path = pg_catalog", "SET LOCAL client_min_messages = warning"]
            + migration.statements(layout)
            + [versionTable, "UPDATE chat.schema_version SET version = \(migration.version)", "COMMIT"])
            .joined(separator: ";\n") + ";\n"
    }

    private static let versionTable = """
        CREATE TABLE IF NOT EXISTS chat.schema_version (
          is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), version integer NOT NULL);
        INSERT INTO chat.schema_version (version) VALUES (0) ON CONFLICT DO NOTHING;
        GRANT SELECT ON chat.schema_version TO chat_server;
        ALTER TABLE chat.schema_version ENABLE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS server ON chat.schema_version;
        CREATE POLICY server ON chat.schema_version FOR SELECT TO chat_server USING (true)
        """

    private static func layout(on connection: DatabaseConnection) throws(PostgresError) -> Migration.Layout {
        let rows = try connection.run([
            Query(
                name: "layout",
                sql: """
                    SELECT coalesce((SELECT format_type(typbasetype, NULL) = 'uuid' FROM pg_type
                      WHERE oid = to_regtype('chat.user_id')), to_regclass('public.messages') IS NOT NULL)
                    """)
        ])[0]
        return rows.bool(0, 0) ? .marketplace : .empty
    }

    /// The version of the database's schema; 0 if there is none.
    static func version(on connection: DatabaseConnection) throws(PostgresError) -> Int {
        let exists = Query(name: "has version", sql: "SELECT to_regclass('chat.schema_version') IS NOT NULL")
        guard try connection.run([exists])[0].bool(0, 0) else { return 0 }
        return try connection.run([Query(name: "version", sql: "SELECT version FROM chat.schema_version")])[0]
            .int(0, 0) ?? 0
    }
}

#endif
