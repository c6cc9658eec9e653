import ChatWire
import GRDB

/// The users whose marks another user is not told any more.
///
/// A mark covers everything before it. If a message was deleted before it reached its receiver, every later mark of the
/// receiver would tick that message on its sender's devices.
enum StoppedMarks {
    static let find = "SELECT 1 FROM stopped_marks WHERE user_id = ? AND peer_id = ?"

    /// Whether `peer` is told no marks of the user.
    static func exists(of user: UserID, towards peer: UserID, _ database: Database) throws -> Bool {
        try Int.fetchOne(database.cachedStatement(sql: find), arguments: [user, peer]) != nil
    }

    /// Stops the marks of a message's receiver towards its sender if the message at `:seq` never reached the receiver.
    /// What a block withheld reaches them in the row of its delivery. A message that marks have passed is left out: it is
    /// too late for it.
    static let stopIfUndelivered = """
        INSERT INTO stopped_marks (user_id, peer_id)
        SELECT receiver_id, sender_id FROM messages
        LEFT JOIN feed_heads ON feed_heads.user_id = receiver_id
        LEFT JOIN conversations AS own ON own.user_id = receiver_id AND own.peer_id = sender_id
        WHERE messages.seq = :seq AND sender_id <> receiver_id AND is_read = 0
            AND iif(receiver_cursor > 0, receiver_cursor > coalesce(delivered_cursor, 0),
                NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.id = messages.id))
            AND messages.seq > max(coalesce(own.delivered_seq, 0), coalesce(own.read_seq, 0))
        ON CONFLICT DO NOTHING
        """

    static func forget(_ user: UserID, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM stopped_marks WHERE user_id = :user OR peer_id = :user", arguments: ["user": user])
    }
}
