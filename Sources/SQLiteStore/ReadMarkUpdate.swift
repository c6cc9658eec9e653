import ChatServer
import ChatWire
import GRDB

/// Moves a read mark forward and updates the number of unread messages.
///
/// The number is adjusted either by the messages that the mark passes or by those after it, whichever are few. A call
/// looks at `most` messages at a time, so that a jump over a hundred thousand does not hold the write lock for long.
struct ReadMarkUpdate {
    var user: UserID
    var peer: UserID
    /// The `seq` that the mark moves to.
    var end: Int64
    /// The most messages that one call looks at.
    var most: Int

    func run(_ database: Database) throws -> ReadOutcome {
        guard let (start, last, unread) = try side(database), start < end, try mayMove(database) else {
            return .unchanged
        }
        if last <= end {
            try set(end, unread: 0, database)
            return .set
        }
        let chains = try ConversationQuery.chains(of: user, with: peer, database)
        let passed = try chains.oldest(behind: start, upTo: end, atMost: most)
        let part = passed.count < most ? end : passed.last ?? end
        if part < end {
            let left = try chains.oldest(behind: end, atMost: most)
            if left.count < most {
                try set(end, unread: countUnread(Array(left), database), database)
                return .set
            }
        }
        let read = try countUnread(Array(passed), database)
        try set(part, unread: max(0, unread - read), database)
        return part < end ? .partial : .set
    }

    /// The `seq` of the mark, the `seq` of the conversation's newest message, and the number of unread messages.
    private func side(_ database: Database) throws -> (read: Int64, last: Int64, unread: Int)? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT coalesce(read_seq, 0) AS read_seq, last_seq, unread FROM conversations
                WHERE user_id = ? AND peer_id = ?
                """)
        return try Row.fetchOne(statement, arguments: [user, peer]).map {
            (
                try $0.decode(forColumn: "read_seq"), try $0.decode(forColumn: "last_seq"),
                try $0.decode(forColumn: "unread")
            )
        }
    }

    private func mayMove(_ database: Database) throws -> Bool {
        try !Ban.exists(of: user, database) && !Block.exists(of: peer, by: user, database)
    }

    /// How many of these messages are the peer's and count as unread.
    private func countUnread(_ places: [Int64], _ database: Database) throws -> Int {
        let statement = try database.cachedStatement(
            sql: """
                SELECT count(*) FROM \(SeqList.table) CROSS JOIN messages USING (seq)
                WHERE sender_id = :peer AND receiver_id <> :peer AND is_read = 0
                """)
        return try Int.fetchOne(statement, arguments: ["peer": peer, "places": SeqList.text(places)]) ?? 0
    }

    private func set(_ place: Int64, unread: Int, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE conversations SET read_seq = ?, unread = ? WHERE user_id = ? AND peer_id = ?")
        try statement.execute(arguments: [place, unread, user, peer])
    }
}
