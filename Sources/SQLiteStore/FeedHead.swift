import ChatWire
import GRDB

/// The ends of a user's feed: the last cursor given out, and the cursor up to which a device of theirs has the feed.
enum FeedHead {
    /// Selects the last cursor of a feed, and the `seq` of its newest message or null. The newest message of a feed is
    /// the newest of all conversations. If messages at the feed's end were deleted, `start_cursor` is the last cursor.
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

    /// The cursor after which the feed begins. Messages up to it may have been deleted.
    static func startCursor(of user: UserID, _ database: Database) throws -> Int {
        let sql = "SELECT start_cursor FROM feed_heads WHERE user_id = ?"
        return try Int.fetchOne(database.cachedStatement(sql: sql), arguments: [user]) ?? 0
    }

    /// Raises the delivered cursor.
    /// - Parameters:
    ///   - last: The last cursor of the feed.
    ///   - most: The most cursors to cover in one call.
    /// - Returns: the cursors that are newly covered, from after the lower bound up to the upper one, and whether there
    ///   are more. Nil if no cursor is newly covered.
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

    /// Ends a feed with no messages left. It goes on after its last cursor, since a device may have all of it.
    static func close(of user: UserID, _ database: Database) throws {
        let last = try lastCursor(of: user, database)
        let sql = "UPDATE feed_heads SET start_cursor = ?, delivered_cursor = ? WHERE user_id = ?"
        try database.cachedStatement(sql: sql).execute(arguments: [last, last, user])
    }
}
