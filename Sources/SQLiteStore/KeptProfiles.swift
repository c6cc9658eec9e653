import ChatWire
import GRDB

/// What users are called across a block, and look like: as when it began, as long as one of the two blocks the other. So
/// nobody reaches by a new name whom they cannot write to.
enum KeptProfiles {
    /// Of a row that joins `users` with the `kept` profile of the same user.
    static let name =
        "CASE WHEN kept.peer_id IS NULL THEN coalesce(nullif(users.name, ''), users.full_name) ELSE kept.name END"
    static let avatar = "CASE WHEN kept.peer_id IS NULL THEN users.avatar_url ELSE kept.avatar_url END"

    /// A second block, in the other direction, finds the profiles kept and leaves them.
    static func keep(_ user: UserID, _ other: UserID, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO kept_profiles (user_id, peer_id, name, avatar_url)
                SELECT :user, :peer, coalesce(nullif(name, ''), full_name), avatar_url
                FROM (SELECT 1) LEFT JOIN users ON users.id = :peer
                WHERE true ON CONFLICT DO NOTHING
                """)
        try statement.execute(arguments: ["user": user, "peer": other])
        try statement.execute(arguments: ["user": other, "peer": user])
    }

    /// Unless there is a block left between them.
    static func release(_ user: UserID, _ other: UserID, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM kept_profiles WHERE user_id = :user AND peer_id = :peer AND NOT EXISTS (
                    SELECT 1 FROM blocks WHERE user_id = :other AND blocked_id = :released)
                """)
        for (one, peer) in [(user, other), (other, user)] {
            try statement.execute(arguments: ["user": one, "peer": peer, "other": other, "released": user])
        }
    }

    /// Ends a deleted user's blocks, a page of those they block or are blocked by at a time. Rows stay where others still block
    /// the user, so that no new name reaches those; what the user was called goes. Each row has its opposite, so that the
    /// primary key finds both.
    /// - Returns: the page, in order; empty behind the last.
    static func forget(
        _ user: UserID, after last: String, atMost most: Int, _ database: Database
    ) throws -> [UserID] {
        let peers = try UserID.fetchAll(
            database,
            sql: "SELECT peer_id FROM kept_profiles WHERE user_id = ? AND peer_id > ? ORDER BY peer_id LIMIT ?",
            arguments: [user, last, most])
        let clear = try database.cachedStatement(
            sql: "UPDATE kept_profiles SET name = NULL, avatar_url = NULL WHERE user_id = ? AND peer_id = ?")
        let unblock = try database.cachedStatement(sql: "DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?")
        for peer in peers {
            try clear.execute(arguments: [peer, user])
            try unblock.execute(arguments: [user, peer])
            try release(user, peer, database)
        }
        return peers
    }
}
