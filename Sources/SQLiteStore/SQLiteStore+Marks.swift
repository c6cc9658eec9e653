import ChatServer
import ChatWire
import GRDB

// How far users have what was written to them, and when they were here last.

extension SQLiteStore {
    public func acknowledge(
        _ acknowledgements: [Acknowledgement], atMost: Int
    ) async throws(StoreError) -> [Coverage] {
        if acknowledgements.isEmpty { return [] }
        return try await write(.later) { database in
            try acknowledgements.map { try Self.acknowledge($0, atMost, database) }
        }
    }

    private static func acknowledge(
        _ acknowledgement: Acknowledgement, _ most: Int, _ database: Database
    ) throws -> Coverage {
        let user = acknowledgement.user
        guard
            try !Ban.exists(of: user, database),
            let (covered, isPartial) = try FeedHead.raiseDelivered(
                to: acknowledgement.cursor, of: user, atMost: most, database)
        else { return Coverage() }
        // SQLite takes `id` from the row that has the maximum.
        let newest = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT sender_id, id, max(seq) AS newest_seq,
                        EXISTS (SELECT 1 FROM blocks WHERE blocks.user_id = sender_id AND blocked_id = :user) AS is_blocked
                    FROM feeds JOIN messages USING (seq)
                    WHERE user_id = :user AND cursor > :before AND cursor <= :now AND sender_id <> :user
                        AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.user_id = :user AND blocked_id = sender_id)
                    GROUP BY sender_id ORDER BY newest_seq
                    """),
            arguments: ["user": user, "before": covered.lowerBound, "now": covered.upperBound])
        let setDelivered = try database.cachedStatement(
            sql: "UPDATE conversations SET delivered_seq = :seq WHERE user_id = :user AND peer_id = :sender")
        let marks: [DeliveredMark] = try newest.compactMap { row in
            let mark = DeliveredMark(
                sender: try row.decode(forColumn: "sender_id"), messageID: try row.decode(forColumn: "id"))
            let seq: Int64 = try row.decode(forColumn: "newest_seq")
            try setDelivered.execute(arguments: ["seq": seq, "user": user, "sender": mark.sender])
            let isBlocked: Bool = try row.decode(forColumn: "is_blocked")
            return isBlocked ? nil : mark
        }
        return Coverage(marks: marks, isPartial: isPartial)
    }

    public func markRead(_ marks: [ReadMark]) async throws(StoreError) -> [Bool?] {
        if marks.isEmpty { return [] }
        return try await write(.later) { database in
            let merged = try MergedMarks(marks) {
                try ConversationQuery.seq(of: $0.messageID, of: $0.user, with: $0.peer, database)
            }
            var isSet: [MergedMarks<Int64>.Pair: Bool] = [:]
            for (pair, furthest) in merged.furthest {
                isSet[pair] = try Self.setRead(by: pair.user, with: pair.peer, upTo: furthest.place, database)
            }
            return merged.answers(isSet)
        }
    }

    private static func setRead(
        by user: UserID, with peer: UserID, upTo seq: Int64, _ database: Database
    ) throws -> Bool {
        if try Ban.exists(of: user, database) { return false }
        // Of the messages that the mark moves over each is counted once in its life, and none where it moves to the end.
        let setRead = try database.cachedStatement(
            sql: """
                UPDATE conversations SET read_seq = :seq, unread = CASE WHEN last_seq <= :seq THEN 0
                    ELSE max(0, unread - (\(newlyRead))) END
                WHERE user_id = :user AND peer_id = :peer AND coalesce(read_seq, 0) < :seq
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.user_id = :user AND blocked_id = :peer)
                """)
        try setRead.execute(arguments: ["seq": seq, "user": user, "peer": peer])
        return database.changesCount > 0
    }

    /// How many of the peer's messages stand between the mark of `conversations` and `:seq`.
    static let newlyRead = """
        SELECT count(*) FROM messages INDEXED BY messages_shared
        WHERE \(ConversationQuery.isInConversation) AND receiver_cursor > 0
            AND seq > coalesce(read_seq, 0) AND seq <= :seq
            AND sender_id = :peer AND receiver_id <> :peer AND is_read = 0
        """

    public func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp? {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT last_at FROM conversations WHERE user_id = ? AND peer_id = ?")
            return try Timestamp.fetchOne(statement, arguments: [user, peer])
        }
    }

    public func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage {
        try await read { try ConversationListQuery(user: user, limit: limit).marks(in: range, since: since, $0) }
    }

    public func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks {
        try await read { database in
            let sides = try ConversationListQuery.sides(of: user, with: peer, database)
            return (sides ?? ConversationSides(of: user, with: peer)).marks
        }
    }

    public func setLastSeen(_ time: Timestamp, of user: UserID) async throws(StoreError) {
        try await write(.later, by: user, ifBanned: ()) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO last_seen (user_id, seen_at) VALUES (?, ?)
                    ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at
                    """)
            try statement.execute(arguments: [user, time])
        }
    }

    public func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        if users.isEmpty { return [:] }
        return try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT seen_at FROM last_seen WHERE user_id = ?")
            var times: [UserID: Timestamp] = [:]
            for user in users { times[user] = try Timestamp.fetchOne(statement, arguments: [user]) }
            return times
        }
    }
}
