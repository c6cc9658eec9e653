import ChatServer
import ChatWire
import GRDB

/// A read mark that moves forward, and how many are unread behind it then.
///
/// Of the messages that it moves over each is counted once in its life, or those behind it are, where those are few. So many
/// at a time, that whoever jumps over a hundred thousand holds the only write lock for no longer than anybody else.
struct ReadMove {
    var user: UserID
    var peer: UserID
    /// Where it has to go.
    var end: Int64
    /// How many messages may be looked at.
    var most: Int

    func run(_ database: Database) throws -> ReadOutcome {
        guard let (start, last) = try place(database), start < end, try mayMove(database) else { return .notFurther }
        if last <= end {
            try set(end, "0", database)
            return .set
        }
        let part = try seq(after: start, upTo: end, number: most, database) ?? end
        if part < end, try seq(after: end, upTo: last, number: most, database) == nil {
            try set(end, "(\(Self.unread(from: ":place", to: ":last")))", database, last: last)
            return .set
        }
        try set(part, "max(0, unread - (\(Self.unread(from: ":start", to: ":place"))))", database, start: start)
        return part < end ? .partly : .set
    }

    /// Where the mark stands, and the newest message of the conversation.
    private func place(_ database: Database) throws -> (read: Int64, last: Int64)? {
        let statement = try database.cachedStatement(
            sql:
                "SELECT coalesce(read_seq, 0) AS read_seq, last_seq FROM conversations WHERE user_id = ? AND peer_id = ?"
        )
        return try Row.fetchOne(statement, arguments: [user, peer]).map {
            (try $0.decode(forColumn: "read_seq"), try $0.decode(forColumn: "last_seq"))
        }
    }

    private func mayMove(_ database: Database) throws -> Bool {
        try !Ban.exists(of: user, database) && !Block.exists(of: peer, by: user, database)
    }

    /// The n-th message of the conversation behind a place, up to another; nil where there are fewer.
    private func seq(after place: Int64, upTo end: Int64, number: Int, _ database: Database) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT seq FROM conversation_places
                WHERE \(ConversationQuery.isShared) AND seq > :place AND seq <= :end
                ORDER BY seq LIMIT 1 OFFSET :skipped
                """)
        return try Int64.fetchOne(
            statement, arguments: ["user": user, "peer": peer, "place": place, "end": end, "skipped": number - 1])
    }

    /// How many of the peer's messages count as unread, of those behind one place up to another.
    private static func unread(from start: String, to end: String) -> String {
        """
        SELECT count(*) FROM conversation_places CROSS JOIN messages USING (seq)
        WHERE \(ConversationQuery.isShared) AND seq > \(start) AND seq <= \(end)
            AND sender_id = :peer AND receiver_id <> :peer AND is_read = 0
        """
    }

    private func set(
        _ place: Int64, _ unread: String, _ database: Database, start: Int64? = nil, last: Int64? = nil
    ) throws {
        let statement = try database.cachedStatement(
            sql:
                "UPDATE conversations SET read_seq = :place, unread = \(unread) WHERE user_id = :user AND peer_id = :peer"
        )
        var arguments: StatementArguments = ["user": user, "peer": peer, "place": place]
        if let start { arguments += ["start": start] }
        if let last { arguments += ["last": last] }
        try statement.execute(arguments: arguments)
    }
}
