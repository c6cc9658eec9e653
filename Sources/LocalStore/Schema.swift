import ChatWire
import GRDB
import SQLiteFiles

/// The tables, as a list of migrations. A released migration is never changed; new ones are appended.
enum Schema {
    static func migrator(server: String, user: UserID) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: v1)
            try database.execute(
                sql: "INSERT INTO account (server, user_id) VALUES (?, ?)",
                arguments: [server.databaseText, user.wire.databaseText])
        }
        migrator.registerMigration("v2") { try $0.execute(sql: v2) }
        migrator.registerMigration("v3") { try $0.execute(sql: v3) }
        migrator.registerMigration("v4") { try $0.execute(sql: v4) }
        migrator.registerMigration("v5") { try $0.execute(sql: v5) }
        migrator.registerMigration("v6") { try $0.execute(sql: v6) }
        migrator.registerMigration("v7") { try $0.execute(sql: v7) }
        migrator.registerMigration("v8") { try $0.execute(sql: v8) }
        return migrator
    }

    /// Columns of type ANY keep texts byte for byte (`String.databaseText`).
    ///
    /// - `account` has one row: the server and user of this file. `feed` has at most one row: the feed's position.
    /// - `conversations.is_joined`: the newest message here is also the last one that the feed had of the conversation.
    /// - `messages.seq` numbers the messages in order of arrival. They are shown in the order of the index
    ///   `messages_in_order` (as of v2), which ends, like every index, with `seq`. `created_at` is in microseconds
    ///   since 1970 in UTC. `cursor` is 0 if the message has none. `follows_gap`: the server has, or may have, messages
    ///   directly before this one that are not here.
    /// - `unsent` and `drafts` belong to a `window`, the number of a `WindowLock`; 0 is nobody. The draft with the
    ///   greatest `seq` was changed last.
    private static let v1 = """
        CREATE TABLE account (
            server ANY NOT NULL,
            user_id ANY NOT NULL
        ) STRICT;

        CREATE TABLE feed (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            epoch ANY NOT NULL,
            cursor INTEGER NOT NULL,
            message_id ANY
        ) STRICT;

        CREATE TABLE conversations (
            id INTEGER PRIMARY KEY,
            peer_id ANY NOT NULL UNIQUE,
            peer_name ANY,
            product_id ANY,
            product_title ANY,
            is_joined INTEGER NOT NULL DEFAULT 0 CHECK (is_joined IN (0, 1))
        ) STRICT;

        CREATE TABLE messages (
            seq INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL,
            id ANY NOT NULL,
            is_own INTEGER NOT NULL CHECK (is_own IN (0, 1)),
            message_text ANY NOT NULL,
            created_at INTEGER NOT NULL,
            cursor INTEGER NOT NULL DEFAULT 0,
            client_message_id ANY,
            product_id ANY,
            product_title ANY,
            follows_gap INTEGER NOT NULL DEFAULT 0 CHECK (follows_gap IN (0, 1)),
            UNIQUE (conversation, id)
        ) STRICT;

        CREATE INDEX messages_in_order ON messages (conversation, created_at, cursor);

        CREATE INDEX messages_after_gaps ON messages (conversation, created_at, cursor) WHERE follows_gap = 1;

        CREATE TABLE marks (
            conversation INTEGER NOT NULL,
            is_own INTEGER NOT NULL CHECK (is_own IN (0, 1)),
            delivered ANY,
            read ANY,
            PRIMARY KEY (conversation, is_own)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unsent (
            seq INTEGER PRIMARY KEY,
            id ANY NOT NULL UNIQUE,
            window INTEGER NOT NULL,
            receiver_id ANY NOT NULL,
            message_text ANY NOT NULL,
            product_id ANY,
            product_title ANY,
            created_at INTEGER NOT NULL,
            state TEXT NOT NULL
        ) STRICT;

        CREATE TABLE drafts (
            seq INTEGER PRIMARY KEY,
            window INTEGER NOT NULL,
            peer_id ANY NOT NULL,
            draft_text ANY NOT NULL,
            UNIQUE (window, peer_id)
        ) STRICT;
        """

    // MARK: - The owner

    static func owner(_ database: Database) throws -> DatabaseOwner {
        try DatabaseOwner(
            database, tables: ["account", "unsent", "grdb_migrations"],
            migrator: migrator(server: "", user: UserID("nobody")!))
    }

    static func belongs(_ database: Database, to user: UserID, server: String) throws -> Bool {
        try Row.fetchOne(
            database, sql: "SELECT 1 FROM account WHERE server = ? AND user_id = ?",
            arguments: [server.databaseText, user.wire.databaseText]) != nil
    }
}
