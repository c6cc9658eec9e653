import ChatServer
import ChatWire
import GRDB

// Delivery and read marks, and when users were last seen.

extension SQLiteStore {
    public func acknowledge(
        _ acknowledgements: [Acknowledgement], atMost: Int
    ) async throws(StoreError) -> [Coverage] {
        if acknowledgements.isEmpty { return [] }
        await settler.gather()
        return try await write(.later) { [settler] database in
            try acknowledgements.map { try Self.acknowledge($0, atMost, settler, database) }
        }
    }

    private static func acknowledge(
        _ acknowledgement: Acknowledgement, _ most: Int, _ settler: Settler, _ database: Database
    ) throws -> Coverage {
        let user = acknowledgement.user
        let (isBanned, last) = try settler.withWriter { try $0.feedEnd(of: user, database) }
        guard !isBanned,
            let (covered, isPartial) = try FeedHead.raiseDelivered(
                to: acknowledgement.cursor, of: user, last: last, atMost: most, database)
        else { return Coverage() }
        let setDelivered = try HotStatement(
            database, "UPDATE conversations SET delivered_seq = ? WHERE user_id = ? AND peer_id = ?")
        let newest = try newestBySender(of: user, in: covered, settler, database)
        let marks: [DeliveredMark] = try newest.reversed().compactMap { message in
            if try Block.exists(of: message.sender, by: user, database) { return nil }
            try setDelivered.execute(message.seq, user, message.sender)
            let isHidden =
                try Block.exists(of: user, by: message.sender, database)
                || StoppedMarks.exists(of: user, towards: message.sender, database)
            return isHidden ? nil : DeliveredMark(sender: message.sender, messageID: message.id)
        }
        return Coverage(marks: marks, isPartial: isPartial)
    }

    /// The newest message of each other user in a range of a feed, the newest first.
    private static func newestBySender(
        of user: UserID, in part: Range<Int>, _ settler: Settler, _ database: Database
    ) throws -> [FeedMessage] {
        let (recent, known) = try settler.withWriter { try $0.newestBySender(of: user, in: part, database) }
        guard known > part.lowerBound else { return recent }
        let links = try FeedChain(of: user, database).links(behind: Int64(part.lowerBound), upTo: Int64(known))
        // With `max`, SQLite takes `id` from the row that has the maximum.
        let older = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT sender_id, id, max(seq) AS newest_seq
                    FROM \(SeqList.table) CROSS JOIN messages USING (seq)
                    WHERE sender_id <> :user GROUP BY sender_id ORDER BY newest_seq DESC
                    """),
            arguments: ["user": user, "places": SeqList.text(links.lazy.map(\.seq))])
        let senders = Set(recent.map(\.sender))
        return try recent
            + older.map {
                FeedMessage(
                    sender: try $0.decode(forColumn: "sender_id"), id: try $0.decode(forColumn: "id"),
                    seq: try $0.decode(forColumn: "newest_seq"))
            }.filter { !senders.contains($0.sender) }
    }

    public func markRead(_ marks: [ReadMark], atMost: Int) async throws(StoreError) -> [ReadOutcome] {
        if marks.isEmpty { return [] }
        await settler.gather()
        return try await write(.later) { [ids] database in
            let merged = try MergedMarks(marks) {
                try ConversationQuery.seq(of: $0.messageID, of: $0.user, with: $0.peer, ids, database)
            }
            var outcomes: [MergedMarks<Int64>.Pair: ReadOutcome] = [:]
            for (pair, furthest) in merged.furthest {
                let move = ReadMarkUpdate(user: pair.user, peer: pair.peer, end: furthest.place, most: max(1, atMost))
                outcomes[pair] = try move.run(database)
            }
            return merged.answers(outcomes)
        }
    }

    public func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp? {
        try await read(.messages(of: user)) { database in
            let statement = try database.cachedStatement(
                sql: "SELECT last_at FROM conversations WHERE user_id = ? AND peer_id = ?")
            return try Timestamp.fetchOne(statement, arguments: [user, peer])
        }
    }

    public func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage {
        try await readLong(.messages(of: user)) {
            try ConversationListQuery(user: user, limit: limit).marks(in: range, since: since, $0)
        }
    }

    public func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks {
        try await read(.messages(of: user)) { database in
            let sides = try ConversationListQuery.sides(of: user, with: peer, database)
            return (sides ?? ConversationSides(of: user, with: peer)).marks
        }
    }

    public func setLastSeen(_ times: [UserID: Timestamp]) async throws(StoreError) {
        try await write(.later, settling: false) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO last_seen (user_id, seen_at) VALUES (?, ?)
                    ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at
                    """)
            for (user, time) in times where try !Ban.exists(of: user, database) {
                try statement.execute(arguments: [user, time])
            }
        }
    }

    public func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        if users.isEmpty { return [:] }
        return try await read(.noMessages) { database in
            let statement = try database.cachedStatement(sql: "SELECT seen_at FROM last_seen WHERE user_id = ?")
            var times: [UserID: Timestamp] = [:]
            for user in users { times[user] = try Timestamp.fetchOne(statement, arguments: [user]) }
            return times
        }
    }
}
