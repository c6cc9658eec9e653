import ChatWire
import Foundation
import GRDB
import SQLiteFiles

/// The tables, as a list of migrations. A migration never changes after its release.
///
/// Columns have the names of the PostgreSQL database that this system grew from, so that additive migrations lead from
/// one to the other. Texts, and so user ids, are compared by bytes (SQLite's default collation `BINARY`).
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: v1)
            try database.execute(
                sql: "INSERT INTO meta (key, value) VALUES ('epoch', ?)", arguments: [UUID().uuidString.lowercased()])
        }
        // Foreign keys are checked only for rows that change. These migrations change none of those, and checking every
        // row of an old database would take longer than the migration.
        migrator.registerMigration("v2", foreignKeyChecks: .immediate) { try $0.execute(sql: v2) }
        migrator.registerMigration("v3", foreignKeyChecks: .immediate) { try $0.execute(sql: v3) }
        migrator.registerMigration("v4", foreignKeyChecks: .immediate) { try $0.execute(sql: v4) }
        migrator.registerMigration("v5", foreignKeyChecks: .immediate) { try $0.execute(sql: v5) }
        migrator.registerMigration("v6", foreignKeyChecks: .immediate) { try $0.execute(sql: v6) }
        migrator.registerMigration("v7", foreignKeyChecks: .immediate) { try $0.execute(sql: v7) }
        migrator.registerMigration("v8", foreignKeyChecks: .immediate) { try $0.execute(sql: v8) }
        migrator.registerMigration("v9", foreignKeyChecks: .immediate) { try $0.execute(sql: v9) }
        migrator.registerMigration("v10", foreignKeyChecks: .immediate) { try $0.execute(sql: v10) }
        migrator.registerMigration("v11", foreignKeyChecks: .immediate) { try $0.execute(sql: v11) }
        migrator.registerMigration("v12", foreignKeyChecks: .immediate) { try $0.execute(sql: v12) }
        migrator.registerMigration("v13", foreignKeyChecks: .immediate) { try $0.execute(sql: v13) }
        migrator.registerMigration("v14", foreignKeyChecks: .immediate) { try $0.execute(sql: v14) }
        return migrator
    }

    /// Migrations that rewrite all messages.
    private static let rebuilding: Set = ["v10"]
    /// How much disk they need, in sizes of the database, for the file and its log together.
    private static let rebuildingFactor = 3

    /// How many bytes of free disk the remaining migrations need.
    /// - Parameter size: The size of the database in bytes.
    static func bytesToMigrate(_ database: Database, size: Int) throws -> Int {
        try rebuilding.isSubset(of: migrator.appliedIdentifiers(database)) ? 0 : size * rebuildingFactor
    }

    /// No table has a foreign key to `users` or `products`: users who log in with a token need not have a row there.
    ///
    /// - `messages.seq` is the commit order, because there is one writer at a time. A conversation is one range of
    ///   `messages_by_conversation`. That index, like every index, ends with the row's `seq`.
    /// - `created_at`, `updated_at` are microseconds since 1970 in UTC, in whole milliseconds. They are integers
    ///   because those are exact; `datetime(created_at / 1e6, 'unixepoch')` makes them readable.
    /// - `feeds` holds each message once for each of its two users; `feed_heads` holds the last cursor given out. Both
    ///   cursors are in `messages` too, so that a repeat is answered from one row.
    private static let v1 = """
        CREATE TABLE users (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT,
            full_name TEXT,
            avatar_url TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE products (
            id TEXT NOT NULL PRIMARY KEY,
            title TEXT,
            seller_id TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE messages (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            sender_id TEXT NOT NULL,
            receiver_id TEXT NOT NULL,
            product_id TEXT,
            product_title TEXT,
            message_text TEXT NOT NULL,
            is_read INTEGER NOT NULL DEFAULT 0 CHECK (is_read IN (0, 1)),
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            client_message_id TEXT,
            sender_cursor INTEGER NOT NULL,
            receiver_cursor INTEGER NOT NULL,
            peer_low TEXT NOT NULL AS (min(sender_id, receiver_id)) VIRTUAL,
            peer_high TEXT NOT NULL AS (max(sender_id, receiver_id)) VIRTUAL,
            UNIQUE (sender_id, client_message_id)
        ) STRICT;

        CREATE INDEX messages_by_conversation ON messages (peer_low, peer_high);

        CREATE TABLE feeds (
            user_id TEXT NOT NULL,
            cursor INTEGER NOT NULL,
            seq INTEGER NOT NULL REFERENCES messages (seq),
            PRIMARY KEY (user_id, cursor)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE feed_heads (
            user_id TEXT NOT NULL PRIMARY KEY,
            last_cursor INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    static func epoch(_ database: Database) throws -> Epoch {
        guard let epoch = try Epoch.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'epoch'") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "table meta holds no epoch")
        }
        return epoch
    }

    /// A key in `meta` of a copy, until a server opens the copy for the first time.
    static let copyMark = "is_copy"

    /// After the copy was made, the original's feeds may have grown differently from the copy's. Clients must not trust
    /// their cursors, so the epoch changes.
    static func renewEpochOfCopy(_ database: Database) throws {
        try database.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [copyMark])
        guard database.changesCount > 0 else { return }
        try database.execute(
            sql: "UPDATE meta SET value = ? WHERE key = 'epoch'", arguments: [UUID().uuidString.lowercased()])
    }

    static func owner(_ database: Database) throws -> DatabaseOwner {
        try DatabaseOwner(database, tables: ["feed_heads"], migrator: migrator)
    }
}
