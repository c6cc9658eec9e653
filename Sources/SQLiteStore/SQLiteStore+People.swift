import ChatServer
import ChatWire
import GRDB

// Users' names, and what a log-in needs.

extension SQLiteStore {
    public func account(of user: UserID, resume: FeedPosition?) async throws(StoreError) -> Account {
        try await read(.messages(of: user)) { [epoch] database in
            let cursor = try FeedHead.lastCursor(of: user, database)
            return Account(
                isBanned: try Ban.exists(of: user, database), epoch: epoch, cursor: cursor,
                lastMessage: try Self.message(at: cursor, of: user, database),
                name: try Self.profile(of: user, database).name,
                messageAtResume: try resume.flatMap { try Self.message(at: $0.cursor, of: user, database) },
                feedStart: try FeedHead.startCursor(of: user, database))
        }
    }

    private static func message(at cursor: Int, of user: UserID, _ database: Database) throws -> MessageID? {
        guard cursor > 0, let link = try FeedChain(of: user, database).newest(upTo: Int64(cursor), limit: 1).first,
            link.number == cursor
        else { return nil }
        let statement = try database.cachedStatement(sql: "SELECT id FROM messages WHERE seq = ?")
        return try MessageID.fetchOne(statement, arguments: [link.seq])
    }

    public func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile {
        try await read(.noMessages) { try Self.profile(of: user, $0) }
    }

    private static func profile(of user: UserID, _ database: Database) throws -> HistoryPage.Profile {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT coalesce(nullif(name, ''), full_name) AS sender_name, avatar_url
                    FROM users WHERE id = :user
                    """),
            arguments: ["user": user])
        return try row.map(HistoryPage.Profile.init(row:)) ?? HistoryPage.Profile()
    }

    public func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError) {
        try await write(.later, by: user, ifBanned: (), settling: false) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO users (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name
                    """)
            try statement.execute(arguments: [user, name])
        }
    }
}
