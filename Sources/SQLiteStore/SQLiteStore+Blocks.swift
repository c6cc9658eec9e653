import ChatServer
import ChatWire
import GRDB

// Which users block which.

extension SQLiteStore {
    public func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?,
        atMost: Int
    ) async throws(StoreError) -> BlockOutcome {
        try await write(.atOnce, by: user, ifBanned: .banned) { [settler] database in
            if isBlocked {
                let isTooMany = try Bool.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT coalesce((SELECT blocked FROM block_counts WHERE user_id = :user), 0) >= :most
                                AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = :user AND blocked_id = :other)
                            """), arguments: ["user": user, "other": other, "most": limit])
                if isTooMany == true { return .tooMany }
                let sql = """
                    INSERT INTO blocks (user_id, blocked_id, blocked_at, withheld_after)
                    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """
                try database.cachedStatement(sql: sql)
                    .execute(arguments: [user, other, time, Settlement.end(database)])
                guard database.changesCount > 0 else { return .unchanged }
                try KeptProfiles.keep(user, other, database)
                return .begun
            }
            let (newest, isPartial) = try WithheldMessages(user: user, sender: other)
                .deliver(atMost: atMost, database)
            if newest != nil { _ = try settler.settlePart(database) }
            if isPartial { return .partial }
            try database.cachedStatement(sql: "DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?")
                .execute(arguments: [user, other])
            guard database.changesCount > 0 else { return .unchanged }
            try KeptProfiles.release(user, other, database)
            return .ended(delivered: newest)
        }
    }

    public func blockers(of user: UserID, among others: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        if others.isEmpty { return [:] }
        return try await read(.noMessages) { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT blocked_at FROM blocks
                    WHERE user_id = :other AND blocked_id = :user AND blocked_at IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM blocks AS own WHERE own.user_id = :user AND own.blocked_id = :other)
                    """)
            var times: [UserID: Timestamp] = [:]
            for other in others {
                times[other] = try Timestamp.fetchOne(find, arguments: ["user": user, "other": other])
            }
            return times
        }
    }

    public func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool {
        try await read(.noMessages) { try Block.exists(of: other, by: user, $0) }
    }

    public func blockedEitherWay(with user: UserID, among others: [UserID]) async throws(StoreError) -> Set<UserID> {
        if others.isEmpty { return [] }
        return try await read(.noMessages) { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM blocks WHERE user_id = :user AND blocked_id = :other)
                        OR EXISTS (SELECT 1 FROM blocks WHERE user_id = :other AND blocked_id = :user)
                    """)
            return try Set(
                others.filter { try Bool.fetchOne(find, arguments: ["user": user, "other": $0]) ?? false })
        }
    }
}

enum Block {
    static let find = "SELECT 1 FROM blocks WHERE user_id = ? AND blocked_id = ?"

    static func exists(of other: UserID, by user: UserID, _ database: Database) throws -> Bool {
        let statement = try database.cachedStatement(sql: find)
        return try Int.fetchOne(statement, arguments: [user, other]) != nil
    }
}
