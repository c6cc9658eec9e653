import ChatWire
import GRDB

/// The last cursor given out in a user's feed, and the one up to which it is on a device of theirs.
enum FeedHead {
    /// The last message of a feed is the last one of a conversation, which the list knows. Of a feed from which messages were
    /// deleted, it may be among them: the feed begins behind those.
    ///
    /// The second column is its `seq`, or null.
    static let find = """
        SELECT max(
                coalesce(iif(sender_id = ?1, sender_cursor, receiver_cursor), 0),
                coalesce((SELECT cursor FROM feeds WHERE user_id = ?1 ORDER BY cursor DESC LIMIT 1), 0),
                coalesce((SELECT start_cursor FROM feed_heads WHERE user_id = ?1), 0)),
            messages.seq
        FROM (SELECT 1) LEFT JOIN messages ON messages.seq = (\(FeedChain.findHead))
        """

    static func lastCursor(of user: UserID, _ database: Database) throws -> Int {
        try Int.fetchOne(database.cachedStatement(sql: find), arguments: [user]) ?? 0
    }

    /// Up to there messages of the feed may have been deleted.
    static func startCursor(of user: UserID, _ database: Database) throws -> Int {
        let sql = "SELECT start_cursor FROM feed_heads WHERE user_id = ?"
        return try Int.fetchOne(database.cachedStatement(sql: sql), arguments: [user]) ?? 0
    }

    /// Gives the cursors that are newly covered, after the lower and up to the upper, `most` of them, and whether there are
    /// more; nil where none are.
    /// - Parameter last: The last cursor of the feed.
    static func raiseDelivered(
        to cursor: Int, of user: UserID, last: Int, atMost most: Int, _ database: Database
    ) throws -> (covered: Range<Int>, isPartial: Bool)? {
        let find = try database.cachedStatement(sql: "SELECT delivered_cursor FROM feed_heads WHERE user_id = ?")
        let delivered = try Int.fetchOne(find, arguments: [user]) ?? 0
        let wanted = min(cursor, last)
        guard delivered < wanted else { return nil }
        let raised = wanted - delivered > most ? delivered + most : wanted
        let set = try database.cachedStatement(
            sql: """
                INSERT INTO feed_heads (user_id, delivered_cursor) VALUES (?, ?)
                ON CONFLICT (user_id) DO UPDATE SET delivered_cursor = excluded.delivered_cursor
                """)
        try set.execute(arguments: [user, raised])
        return (delivered..<raised, raised < wanted)
    }

    /// Nothing of the feed is left. It goes on behind its last cursor, since there may be a device that has all of it.
    static func close(of user: UserID, _ database: Database) throws {
        let last = try lastCursor(of: user, database)
        let sql = "UPDATE feed_heads SET start_cursor = ?, delivered_cursor = ? WHERE user_id = ?"
        try database.cachedStatement(sql: sql).execute(arguments: [last, last, user])
    }
}
