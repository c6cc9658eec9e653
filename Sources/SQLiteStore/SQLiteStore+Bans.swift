import ChatServer
import ChatWire
import GRDB

// Which users are banned.

extension SQLiteStore {
    @discardableResult
    public func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) async throws(StoreError) -> Bool {
        try await write(.atOnce) { database in
            if isBanned {
                let sql = "INSERT INTO bans (user_id, banned_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
                try database.cachedStatement(sql: sql).execute(arguments: [user, time])
            } else {
                try database.cachedStatement(sql: "DELETE FROM bans WHERE user_id = ?").execute(arguments: [user])
            }
            return database.changesCount > 0
        }
    }

    /// Runs one transaction in a user's name. If the user is banned, nothing is written, whichever program set the ban
    /// and when. A write that is under way when the ban comes must not bring back what is deleted.
    func write<Value: Sendable>(
        _ durability: Durability, by user: UserID, ifBanned: Value, settling: Bool = true,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write(durability, settling: settling) { try Ban.exists(of: user, $0) ? ifBanned : body($0) }
    }

    public func isBanned(_ user: UserID) async throws(StoreError) -> Bool {
        try await read(.noMessages) { try Ban.exists(of: user, $0) }
    }

    public func bannedUsers() async throws(StoreError) -> Set<UserID> {
        try await read(.noMessages) {
            try Set(UserID.fetchCursor($0.cachedStatement(sql: "SELECT user_id FROM bans")))
        }
    }
}

enum Ban {
    static let find = "SELECT 1 FROM bans WHERE user_id = ?"

    static func exists(of user: UserID, _ database: Database) throws -> Bool {
        let statement = try database.cachedStatement(sql: find)
        return try Int.fetchOne(statement, arguments: [user]) != nil
    }
}
