import ChatWire
import GRDB

/// The names and pictures that users see across a block. They are frozen when the block begins, as long as either of
/// the two blocks the other. So a blocked user cannot send a message by changing their name.
enum KeptProfiles {
    /// The name to show, for a query that joins `users` with the `kept` row of the same user.
    static let name =
        "CASE WHEN kept.peer_id IS NULL THEN coalesce(nullif(users.name, ''), users.full_name) ELSE kept.name END"
    static let avatar = "CASE WHEN kept.peer_id IS NULL THEN users.avatar_url ELSE kept.avatar_url END"

    /// If the other direction is blocked already, the profile is kept already and stays as it is.
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

    /// Releases the profile unless a block remains between the two.
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

    /// Forgets a deleted user's blocks, one page of counterparts at a time. A row stays while another user still blocks
    /// the deleted one, so that no new name reaches that user; but the name in it is erased. Each row has a row in the
    /// other direction, so the primary key finds both.
    /// - Returns: the counterparts of this page, in order; empty at the end.
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
