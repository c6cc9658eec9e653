import ChatWire
import GRDB

/// The last cursor given out in a user's feed, and the one up to which it is on a device of theirs.
enum FeedHead {
    static let findLastCursor = "SELECT last_cursor FROM feed_heads WHERE user_id = ?"

    static func lastCursor(of user: UserID, _ database: Database) throws -> Int {
        try Int.fetchOne(database.cachedStatement(sql: findLastCursor), arguments: [user]) ?? 0
    }

    /// Gives the cursors that are newly covered, after the lower and up to the upper, `most` of them, and whether there are
    /// more; nil where none are.
    static func raiseDelivered(
        to cursor: Int, of user: UserID, atMost most: Int, _ database: Database
    ) throws -> (covered: Range<Int>, isPartial: Bool)? {
        let find = try database.cachedStatement(
            sql: "SELECT last_cursor, delivered_cursor FROM feed_heads WHERE user_id = ?")
        guard let row = try Row.fetchOne(find, arguments: [user]) else { return nil }
        let delivered: Int = try row.decode(forColumn: "delivered_cursor")
        let wanted = min(cursor, try row.decode(forColumn: "last_cursor"))
        guard delivered < wanted else { return nil }
        let raised = wanted - delivered > most ? delivered + most : wanted
        let set = try database.cachedStatement(sql: "UPDATE feed_heads SET delivered_cursor = ? WHERE user_id = ?")
        try set.execute(arguments: [raised, user])
        return (delivered..<raised, raised < wanted)
    }

    /// Nothing of the feed is left. It goes on behind its last cursor, since there may be a device that has all of it.
    static func close(of user: UserID, _ database: Database) throws {
        let sql = "UPDATE feed_heads SET start_cursor = last_cursor, delivered_cursor = last_cursor WHERE user_id = ?"
        try database.cachedStatement(sql: sql).execute(arguments: [user])
    }
}
