#if Cluster

import ChatServer
import Foundation

/// Brings a database to the schema that this program needs.
public enum Migrator {
    /// Applies the migrations that a database lacks, each in one transaction. Its owner has to do it: a role that owns
    /// the marketplace's table `messages`, if there is one, and may create roles.
    ///
    /// The marketplace may go on writing. A migration gives way to whoever uses a table that it has to lock, and tries
    /// again for some minutes.
    ///
    /// - Returns: the versions before and after.
    /// - Throws: if the database cannot be reached, or a migration fails; the ones before it stay.
    public static func migrate(_ address: DatabaseAddress) throws(StoreOpenError) -> (before: Int, after: Int) {
        try migrate(address, upTo: Migration.latest)
    }

    static func migrate(
        _ address: DatabaseAddress, upTo last: Int
    ) throws(StoreOpenError) -> (before: Int, after: Int) {
        try use(address) { connection throws(PostgresError) in
            // Of two that migrate at once, the second finds nothing left to do.
            try waitForOthers(on: connection)
            let before = try version(on: connection)
            if before < last {
                try requireOwner(on: connection)
                try requireColumns(on: connection)
            }
            let layout = try layout(on: connection)
            for migration in Migration.all where before < migration.version && migration.version <= last {
                for call in migration.preparation { try connection.execute(call) }
                try executeWhenFree(script(migration, layout), on: connection)
            }
            return (before, max(before, last))
        }
    }

    /// Any number, as long as it is always the same.
    private static let advisoryLock = 0x0063_6861_7473  // "chats"

    /// An index that is made without locks waits for all statements that began before it. So this must not be one that waits.
    private static func waitForOthers(on connection: DatabaseConnection) throws(PostgresError) {
        let lock = Query(name: "lock", sql: "SELECT pg_try_advisory_lock(\(advisoryLock))")
        while try !connection.run([lock])[0].bool(0, 0) { usleep(pauseBetweenLooks) }
    }

    /// In microseconds.
    private static let pauseBetweenLooks: UInt32 = 200_000

    private static func executeWhenFree(_ script: String, on connection: DatabaseConnection) throws(PostgresError) {
        for attempt in 1... {
            do throws(PostgresError) {
                return try connection.execute(script)
            } catch {
                // lock_not_available, deadlock_detected
                guard ["55P03", "40P01"].contains(error.sqlState), attempt < attempts else { throw error }
                try connection.execute("ROLLBACK")
                sleep(pauseBetweenAttempts)
            }
        }
    }

    private static let attempts = 60
    /// In seconds.
    private static let pauseBetweenAttempts: UInt32 = 5

    /// Returns the version of a database's tables, and the version that this program needs; 0 if there are none.
    public static func versions(_ address: DatabaseAddress) throws(StoreOpenError) -> (present: Int, needed: Int) {
        try use(address) { connection throws(PostgresError) in
            let version = try version(on: connection)
            if version < Migration.latest { try requireColumns(on: connection) }
            return (version, Migration.latest)
        }
    }

    /// Returns the SQL of the migrations that a database lacks, for an operator who wants to read it or to run it.
    public static func pendingSQL(_ address: DatabaseAddress) throws(StoreOpenError) -> String {
        try use(address) { connection throws(PostgresError) in
            let before = try version(on: connection)
            let layout = try layout(on: connection)
            return Migration.all.filter { $0.version > before }
                .map { $0.preparation.map { "\($0);\n" }.joined() + script($0, layout) }.joined(separator: "\n")
        }
    }

    private static func use<Value>(
        _ address: DatabaseAddress, _ body: (DatabaseConnection) throws(PostgresError) -> Value
    ) throws(StoreOpenError) -> Value {
        do {
            let connection = try DatabaseConnection(address)
            try connection.requireOwnSession(at: address)
            // The owner's time limits are for applications.
            try connection.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
            return try body(connection)
        } catch {
            throw .unusable(address.name, reason: error.message + address.hint(about: error.message))
        }
    }

    /// Makes sure before the first step that no later one fails for this reason.
    private static func requireOwner(on connection: DatabaseConnection) throws(PostgresError) {
        let query = Query(
            name: "owner",
            sql: """
                SELECT relname, pg_get_userbyid(relowner), current_user FROM pg_class
                WHERE oid IN (to_regclass('public.messages'), to_regclass('public.users'), to_regclass('public.products'))
                  AND NOT pg_has_role(relowner, 'USAGE')
                """)
        let rows = try connection.run([query])[0]
        guard rows.count > 0, let table = rows.text(0, 0), let owner = rows.text(0, 1), let user = rows.text(0, 2)
        else {
            return
        }
        throw PostgresError(
            sqlState: nil,
            message: "the role \(user) does not own the table \(table), but \(owner) does: log in as \(owner)",
            isConnectionLost: false)
    }

    /// Makes sure that a marketplace's tables have what the server reads and writes there.
    private static func requireColumns(on connection: DatabaseConnection) throws(PostgresError) {
        let query = Query(
            name: "columns",
            sql: """
                SELECT string_agg(format('%s.%s (%s)', needed.relation, needed.name, types[1]), ', ')
                FROM (VALUES
                  ('users', 'id', '{uuid}'), ('users', 'full_name', '{text,character varying}'),
                  ('users', 'avatar_url', '{text,character varying}'),
                  ('products', 'id', '{uuid}'), ('products', 'title', '{text,character varying}'),
                  ('messages', 'id', '{uuid}'), ('messages', 'sender_id', '{uuid}'), ('messages', 'receiver_id', '{uuid}'),
                  ('messages', 'product_id', '{uuid}'), ('messages', 'message_text', '{text,character varying}'),
                  ('messages', 'is_read', '{boolean}'), ('messages', 'created_at', '{timestamp with time zone}'),
                  ('messages', 'updated_at', '{timestamp with time zone}')
                ) AS needed (relation, name, listed), LATERAL (SELECT listed::text[] AS types) AS t
                WHERE to_regclass('public.messages') IS NOT NULL AND to_regtype('chat.user_id') IS NULL AND NOT EXISTS (
                  SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('public.' || needed.relation)
                    AND a.attname = needed.name AND NOT a.attisdropped AND format_type(a.atttypid, NULL) = ANY (types))
                """)
        guard let missing = try connection.run([query])[0].text(0, 0) else { return }
        throw PostgresError(
            sqlState: nil, message: "the marketplace's tables lack what the server needs there: \(missing)",
            isConnectionLost: false)
    }

    /// The statements of one migration as one transaction. While it waits for a lock, everybody who comes after it waits,
    /// too. So it does not wait for long.
    private static func script(_ migration: Migration, _ layout: Migration.Layout) -> String {
        ([
            "BEGIN", "SET LOCAL search_path = pg_catalog", "SET LOCAL client_min_messages = warning",
            "SET LOCAL lock_timeout = '1s'",
        ] + migration.statements(layout) + [
            versionTable, "UPDATE chat.schema_version SET version = \(migration.version) WHERE is_only", "COMMIT",
        ])
        .joined(separator: ";\n") + ";\n"
    }

    private static let versionTable = """
        CREATE TABLE IF NOT EXISTS chat.schema_version (
          is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), version integer NOT NULL);
        INSERT INTO chat.schema_version (version) VALUES (0) ON CONFLICT DO NOTHING;
        REVOKE ALL ON chat.schema_version FROM public, anon, authenticated, service_role;
        GRANT SELECT ON chat.schema_version TO chat_server;
        ALTER TABLE chat.schema_version ENABLE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS server ON chat.schema_version;
        CREATE POLICY server ON chat.schema_version FOR SELECT TO chat_server USING (true)
        """

    static func layout(on connection: DatabaseConnection) throws(PostgresError) -> Migration.Layout {
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
