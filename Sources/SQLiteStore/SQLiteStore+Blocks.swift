import ChatServer
import ChatWire
import GRDB

// Who wants to hear nothing of whom.

extension SQLiteStore {
    public func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write(.atOnce) { database in
            if isBlocked {
                let sql = "INSERT INTO blocks (user_id, blocked_id, blocked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                try database.cachedStatement(sql: sql).execute(arguments: [user, other, time])
            } else {
                let sql = "DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?"
                try database.cachedStatement(sql: sql).execute(arguments: [user, other])
            }
            return database.changesCount > 0
        }
    }

    public func blockers(of user: UserID) async throws(StoreError) -> [UserID: Timestamp] {
        try await read { database in
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT user_id, blocked_at FROM blocks AS theirs
                        WHERE blocked_id = :user AND blocked_at IS NOT NULL AND NOT EXISTS (
                            SELECT 1 FROM blocks WHERE blocks.user_id = :user AND blocks.blocked_id = theirs.user_id)
                        """),
                arguments: ["user": user])
            var times: [UserID: Timestamp] = [:]
            while let row = try rows.next() {
                times[try row.decode(UserID.self, forColumn: "user_id")] = try row.decode(forColumn: "blocked_at")
            }
            return times
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
