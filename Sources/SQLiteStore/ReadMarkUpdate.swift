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
        guard let side = try side(database), side.read < end, try mayMove(database) else { return .unchanged }
        let chains = try ConversationQuery.chains(of: user, with: peer, database)
        // If the user's own messages before the end are too many for one call, the mark goes in parts.
        if side.last <= end, let newest = try newestOfPeer(chains, behind: side.read, database) {
            return try set(end, newest: newest ?? side.named, unread: 0, database)
        }
        let passed = Array(try chains.oldest(behind: side.read, upTo: end, atMost: most))
        let part = passed.count < most ? end : passed.last ?? end
        if part < end, let newest = try newestOfPeer(chains, behind: side.read, database) {
            let left = try chains.oldest(behind: end, atMost: most)
            if left.count < most {
                let unread = try count(Array(left), database).unread
                return try set(end, newest: newest ?? side.named, unread: unread, database)
            }
        }
        let (read, newestPassed) = try count(passed, database)
        let outcome = try set(
            part, newest: newestPassed ?? side.named, unread: max(0, side.unread - read), database)
        return part < end ? .partial : outcome
    }

    /// The newest of the peer's messages after a `seq` up to the end. The inner value is nil if there is none, the outer
    /// one if it is not among the last `most` messages.
    private func newestOfPeer(
        _ chains: [ConversationChain], behind start: Int64, _ database: Database
    ) throws -> Int64?? {
        if try count([end], database).newest == end { return .some(end) }
        // It is nearly always close to the end.
        var limit = min(8, most)
        while true {
            let newestFirst = try chains.flatMap { try $0.newest(upTo: end, limit: limit).map(\.seq) }.sorted(by: >)
            let passed = Array(newestFirst.prefix(limit).prefix { $0 > start })
            let newest = try count(passed, database).newest
            if newest != nil || passed.count < limit { return .some(newest) }
            if limit == most { return nil }
            limit = min(limit * 8, most)
        }
    }

    private struct Side {
        /// The `seq` of the mark.
        var read: Int64
        /// The `seq` of the message that the mark names.
        var named: Int64?
        /// The `seq` of the conversation's newest message.
        var last: Int64
        var unread: Int
    }

    private func side(_ database: Database) throws -> Side? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT coalesce(read_seq, 0) AS read_seq, coalesce(read_peer_seq, read_seq) AS named_seq, last_seq,
                    unread
                FROM conversations
                WHERE user_id = ? AND peer_id = ?
                """)
        return try Row.fetchOne(statement, arguments: [user, peer]).map {
            Side(
                read: try $0.decode(forColumn: "read_seq"), named: try $0.decode(forColumn: "named_seq"),
                last: try $0.decode(forColumn: "last_seq"), unread: try $0.decode(forColumn: "unread"))
        }
    }

    private func mayMove(_ database: Database) throws -> Bool {
        try !Ban.exists(of: user, database) && !Block.exists(of: peer, by: user, database)
    }

    /// The newest of the peer's messages among these, and how many of them count as unread.
    private func count(_ places: [Int64], _ database: Database) throws -> (unread: Int, newest: Int64?) {
        let statement = try database.cachedStatement(
            sql: """
                SELECT coalesce(sum(receiver_id <> :peer AND is_read = 0), 0) AS unread, max(seq) AS newest
                FROM \(SeqList.table) CROSS JOIN messages USING (seq) WHERE sender_id = :peer
                """)
        let row = try Row.fetchOne(statement, arguments: ["peer": peer, "places": SeqList.text(places)])
        return (try row?.decode(forColumn: "unread") ?? 0, try row?.decode(Int64?.self, forColumn: "newest") ?? nil)
    }

    private func set(_ place: Int64, newest: Int64?, unread: Int, _ database: Database) throws -> ReadOutcome {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE conversations SET read_seq = ?, read_peer_seq = ?, unread = ? WHERE user_id = ? AND peer_id = ?
                """)
        try statement.execute(arguments: [place, newest, unread, user, peer])
        let told = try database.cachedStatement(
            sql: """
                SELECT id FROM messages WHERE seq = ? AND sender_id = ?
                    AND NOT EXISTS (\(StoppedMarks.find))
                """)
        return .set(newest: try MessageID.fetchOne(told, arguments: [newest, peer, user, peer]))
    }
}
