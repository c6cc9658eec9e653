import ChatServer
import ChatWire
import GRDB

// Who wants to hear nothing of whom.

extension SQLiteStore {
    public func setBlocked(_ isBlocked: Bool, _ other: UserID, by user: UserID) async throws(StoreError) -> Bool {
        try await write(.atOnce) { database in
            let statement = try database.cachedStatement(
                sql: isBlocked
                    ? "INSERT INTO blocks (user_id, blocked_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
                    : "DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?")
            try statement.execute(arguments: [user, other])
            return database.changesCount > 0
        }
    }

    public func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT 1 FROM blocks WHERE user_id = ? AND blocked_id = ?")
            return try Int.fetchOne(statement, arguments: [user, other]) != nil
        }
    }

    public func separated(from user: UserID) async throws(StoreError) -> Set<UserID> {
        try await read { database in
            let users = try UserID.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT blocked_id FROM blocks WHERE user_id = :user
                        UNION SELECT user_id FROM blocks WHERE blocked_id = :user
                        """),
                arguments: ["user": user])
            return try Set(users)
        }
    }
}
