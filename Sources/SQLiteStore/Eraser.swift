import ChatServer
import ChatWire
import GRDB

/// Deletes messages without breaking what feeds promise.
///
/// A feed has no gaps. If a deletion would make one, the feed begins after it from then on (`feed_heads.start_cursor`).
/// A device that has less of the feed is told to reload, as after a restore. A device that has all of it goes on. No
/// cursor is used twice.
struct Eraser {
    private let database: Database
    private let find: Statement
    private let stopMarks: Statement?
    private let raiseStart: Statement
    private let countAsRead: Statement
    private let deleteMessage: [Statement]
    private let deleteConversation: Statement
    private let forgetInConversation: Statement

    /// - Parameter stopsMarks: Whether marks stop that would cover a deleted message which did not reach its receiver.
    init(_ database: Database, stopsMarks: Bool) throws {
        self.database = database
        stopMarks = try stopsMarks ? database.cachedStatement(sql: StoppedMarks.stopIfUndelivered) : nil
        find = try database.cachedStatement(sql: "SELECT * FROM messages WHERE seq = ?")
        raiseStart = try database.cachedStatement(
            sql: """
                INSERT INTO feed_heads (user_id, start_cursor) VALUES (:user, :cursor)
                ON CONFLICT (user_id) DO UPDATE SET start_cursor = max(start_cursor, excluded.start_cursor)
                """)
        countAsRead = try database.cachedStatement(
            sql: """
                UPDATE conversations SET unread = max(0, unread - 1)
                WHERE user_id = ? AND peer_id = ? AND coalesce(read_seq, 0) < ?
                """)
        deleteMessage = try [
            "DELETE FROM message_ids WHERE id = (SELECT id FROM messages WHERE seq = ?)",
            "DELETE FROM messages WHERE seq = ?",
        ].map { try database.cachedStatement(sql: $0) }
        deleteConversation = try database.cachedStatement(
            sql: "DELETE FROM conversations WHERE user_id = ? AND peer_id = ? AND last_seq = ?")
        // The message is the conversation's oldest, so a mark on it covers nothing and becomes null.
        forgetInConversation = try database.cachedStatement(
            sql: """
                UPDATE conversations SET
                    delivered_seq = nullif(delivered_seq, :seq), read_seq = nullif(read_seq, :seq),
                    read_peer_seq = nullif(read_peer_seq, :seq),
                    product_id = CASE WHEN product_seq = :seq THEN :product ELSE product_id END,
                    product_title = CASE WHEN product_seq = :seq THEN :title ELSE product_title END,
                    product_seq = nullif(product_seq, :seq)
                WHERE user_id = :user AND peer_id = :peer
                    AND :seq IN (delivered_seq, read_seq, read_peer_seq, product_seq)
                """)
    }

    /// - Parameter seq: The message to delete. All earlier messages of its conversation must be deleted already.
    func erase(_ seq: Int64) throws {
        guard let row = try Row.fetchOne(find, arguments: [seq]) else { return }
        let sender: UserID = try row.decode(forColumn: "sender_id")
        let receiver: UserID = try row.decode(forColumn: "receiver_id")
        let senderCursor: Int = try row.decode(forColumn: "sender_cursor")
        let receiverCursor: Int = try row.decode(forColumn: "receiver_cursor")
        try stopMarks?.execute(arguments: ["seq": seq])
        if let id: ClientMessageID = try row.decode(forColumn: "client_message_id") {
            try SettledIdempotencyKeys.forget(IdempotencyKey(sender: sender, id: id), database)
        }
        if senderCursor > 0 {
            try take(seq, from: sender, to: receiver, isShared: receiverCursor > 0)
            try raiseStart(of: sender, senderCursor)
        } else {
            try takeDelivery(seq, to: receiver, from: sender)
        }
        if sender != receiver, receiverCursor > 0 {
            try raiseStart(of: receiver, receiverCursor)
            let isRead: Bool = try row.decode(forColumn: "is_read")
            if !isRead { try countAsRead.execute(arguments: [receiver, sender, seq]) }
        }
        for delete in deleteMessage { try delete.execute(arguments: [seq]) }
        let (product, title): (String?, String?) = (
            try row.decode(forColumn: "product_id"), try row.decode(forColumn: "product_title")
        )
        for (user, peer) in [(sender, receiver), (receiver, sender)] {
            try deleteConversation.execute(arguments: [user, peer, seq])
            try forgetInConversation.execute(arguments: [
                "seq": seq, "user": user, "peer": peer, "product": product, "title": title,
            ])
        }
    }

    private func take(_ seq: Int64, from sender: UserID, to receiver: UserID, isShared: Bool) throws {
        try FeedChain(of: sender, database).take(seq)
        if isShared, receiver != sender { try FeedChain(of: receiver, database).take(seq) }
        let visibility = isShared ? .both : ConversationChain.Visibility(of: sender, notOf: receiver)
        try ConversationChain(sender, receiver, visibleTo: visibility, database).take(seq)
    }

    /// Takes away the delivery of a message that a block withheld. Only its receiver sees it.
    private func takeDelivery(_ seq: Int64, to receiver: UserID, from sender: UserID) throws {
        try FeedChain(of: receiver, database).take(seq)
        let visibility = ConversationChain.Visibility(of: receiver, notOf: sender)
        try ConversationChain(receiver, sender, visibleTo: visibility, database).take(seq)
        try database.cachedStatement(
            sql: "DELETE FROM deliveries WHERE id = (SELECT id FROM messages WHERE seq = :seq) AND seq = :seq"
        ).execute(arguments: ["seq": seq])
    }

    private func raiseStart(of user: UserID, _ cursor: Int) throws {
        try raiseStart.execute(arguments: ["cursor": cursor, "user": user])
    }
}

/// Deletions by operators. They run in small transactions, so that messages can be stored in between.
extension SQLiteStore {
    private static let maxAtOnce = 100
    /// This is longer than one transaction takes, so that most of the time is left for other writes.
    private static let pause: Duration = .milliseconds(20)

    /// Deletes a user: all their conversations, including what others wrote in them, and everything else stored about
    /// the user. The user is banned first, so that no window of theirs can write again. The ban and the last cursor of
    /// the feed stay.
    /// - Returns: the number of messages deleted.
    public func delete(_ user: UserID, at time: Timestamp) async throws(StoreError) -> Int {
        try await setBanned(true, user, at: time)
        try await write(.atOnce) { try Self.forgetProfile(of: user, $0) }
        try await forgetBlocks(of: user)
        var count = 0
        while true {
            // With several million conversations the query takes a while, so it is not part of a write transaction.
            for peer in try await peers(of: user) {
                count += try await deleteConversation(of: user, with: peer)
            }
            // Others may still have written to the user.
            let isDone = try await write(.atOnce) { database in
                guard try Self.peers(of: user, atMost: 1, database).isEmpty else { return false }
                try FeedHead.close(of: user, database)
                return true
            }
            if isDone { return count }
        }
    }

    /// A spammer may block up to the limit of users, and thousands may block the spammer.
    private func forgetBlocks(of user: UserID) async throws(StoreError) {
        var last = ""
        while true {
            let peers = try await write(.atOnce) { [last] database in
                try KeptProfiles.forget(user, after: last, atMost: Self.maxAtOnce, database)
            }
            guard let end = peers.last else { return }
            last = end.wire
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func deleteConversation(of user: UserID, with peer: UserID) async throws(StoreError) -> Int {
        var count = 0
        while true {
            let erased = try await erase(stoppingMarks: false) { database in
                let seqs = try Self.messages(of: user, with: peer, database)
                if seqs.isEmpty { try Self.forgetConversation(of: user, with: peer, database) }
                return seqs
            }
            if erased == 0 { return count }
            count += erased
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Deletes old messages in commit order, up to the first one that is not too old. Messages after that one are
    /// younger, whatever time the clock gave them. A message with a time in the future is deleted together with the one
    /// after it.
    /// - Parameters:
    ///   - time: Messages created before this time are too old.
    ///   - now: The present time.
    ///   - last: Nothing after this `seq` is deleted.
    /// - Returns: the number of messages deleted.
    public func deleteMessages(
        before time: Timestamp, now: Timestamp, upTo last: Int64 = .max
    ) async throws(StoreError) -> Int {
        guard let end = try await endOfMessages(before: time, now: now).map({ min($0, last) }) else { return 0 }
        var count = 0
        // A run that was cancelled leaves the rest to the next one.
        while !Task.isCancelled {
            let erased = try await erase(stoppingMarks: true) {
                try Self.messages(after: 0, $0).map(\.seq).filter { $0 <= end }
            }
            if erased == 0 { break }
            count += erased
            try? await Task.sleep(for: Self.pause)
        }
        return count
    }

    /// The `seq` of the last message that is too old; nil if there is none.
    private func endOfMessages(before time: Timestamp, now: Timestamp) async throws(StoreError) -> Int64? {
        var (last, end): (Int64, Int64?) = (0, nil)
        while !Task.isCancelled {
            let page = try await read { [last] in try Self.messages(after: last, $0) }
            for message in page {
                if message.createdAt < time { end = message.seq } else if message.createdAt <= now { return end }
            }
            guard let next = page.last?.seq else { return end }
            last = next
        }
        return nil
    }

    private func erase(
        stoppingMarks: Bool, _ choose: @escaping @Sendable (Database) throws -> [Int64]
    ) async throws(StoreError) -> Int {
        try await write(.atOnce) { database in
            // Deleted content is overwritten immediately, not when the transaction ends.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            defer { try? database.execute(sql: "PRAGMA secure_delete = OFF") }
            let seqs = try choose(database)
            let eraser = try Eraser(database, stopsMarks: stoppingMarks)
            for seq in seqs { try eraser.erase(seq) }
            return seqs.count
        }
    }

    private static func messages(after seq: Int64, _ database: Database) throws -> [(seq: Int64, createdAt: Timestamp)]
    {
        let sql = "SELECT seq, created_at FROM messages WHERE seq > ? ORDER BY seq LIMIT \(maxAtOnce)"
        return try Row.fetchAll(database.cachedStatement(sql: sql), arguments: [seq]).map {
            (try $0.decode(forColumn: "seq"), try $0.decode(forColumn: "created_at"))
        }
    }

    /// The oldest messages of a conversation.
    private static func messages(of user: UserID, with peer: UserID, _ database: Database) throws -> [Int64] {
        let chains = try [.both, .low, .high].map { try ConversationChain(user, peer, visibleTo: $0, database) }
        return Array(try chains.oldest(behind: 0, atMost: maxAtOnce))
    }

    /// Deletes the rows of a conversation that has no messages left.
    private static func forgetConversation(of user: UserID, with peer: UserID, _ database: Database) throws {
        let sql = "DELETE FROM conversations WHERE user_id = ? AND peer_id = ?"
        for sides in [[user, peer], [peer, user]] {
            try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(sides))
        }
    }

    /// The users with whom this user has a conversation, whichever of the two sees it.
    static func peers(of user: UserID, atMost most: Int = .max, _ database: Database) throws -> [UserID] {
        let sql = """
            SELECT peer_id FROM conversations WHERE user_id = :user
            UNION SELECT user_id FROM conversations WHERE peer_id = :user LIMIT :most
            """
        return try UserID.fetchAll(database.cachedStatement(sql: sql), arguments: ["user": user, "most": most])
    }

    func peers(of user: UserID) async throws(StoreError) -> [UserID] {
        try await read { try Self.peers(of: user, $0) }
    }

    /// Names go before blocks do, so that a block made meanwhile keeps no name.
    private static func forgetProfile(of user: UserID, _ database: Database) throws {
        for (table, column) in [("users", "id"), ("last_seen", "user_id")] {
            try database.execute(sql: "DELETE FROM \(table) WHERE \(column) = ?", arguments: [user])
        }
        try StoppedMarks.forget(user, database)
    }
}
