import ChatServer
import ChatWire
import GRDB

/// Appends drafts inside one transaction.
///
/// What it read and allocated is kept until `finish`, so that each feed and each conversation costs one look-up a
/// batch. That is safe because the transaction holds the only write lock.
struct AppendBatch {
    private let database: Database
    private let findSending: Statement
    private let insertMessage: Statement
    private let insertIntoFeed: Statement
    private var lastCursors: [UserID: Int] = [:]
    private var lastTimes: [Set<UserID>: Timestamp] = [:]

    init(_ database: Database) throws {
        self.database = database
        findSending = try database.cachedStatement(
            sql: "SELECT * FROM messages WHERE sender_id = ? AND client_message_id = ?")
        insertMessage = try database.cachedStatement(
            sql: """
                INSERT INTO messages (
                    id, sender_id, receiver_id, product_id, product_title, message_text, created_at, updated_at,
                    client_message_id, sender_cursor, receiver_cursor
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        insertIntoFeed = try database.cachedStatement(
            sql: "INSERT INTO feeds (user_id, cursor, seq) VALUES (?, ?, ?)")
    }

    mutating func append(_ draft: MessageDraft) throws -> AppendOutcome {
        if let earlier = try earlierSending(of: draft) {
            return draft.isRepeat(of: earlier.message) ? .duplicate(earlier) : .conflict
        }
        let stored = try allocate(draft)
        try insert(stored)
        return .stored(stored)
    }

    /// Writes the feeds' heads. Without it the next transaction would give the same cursors out again, and fail.
    func finish() throws {
        for (user, cursor) in lastCursors { try FeedHead.setLastCursor(cursor, of: user, database) }
    }

    private func earlierSending(of draft: MessageDraft) throws -> StoredMessage? {
        guard let clientMessageID = draft.clientMessageID else { return nil }
        return try Row.fetchOne(findSending, arguments: [draft.sender, clientMessageID]).map(StoredMessage.init(row:))
    }

    /// Gives the draft its id, its time and its place in both feeds.
    private mutating func allocate(_ draft: MessageDraft) throws -> StoredMessage {
        let createdAt = draft.createdAt(after: try lastTime(of: draft))
        lastTimes[[draft.sender, draft.receiver]] = createdAt
        let senderCursor = try nextCursor(of: draft.sender)
        let receiverCursor = draft.receiver == draft.sender ? senderCursor : try nextCursor(of: draft.receiver)
        return StoredMessage(
            message: Message(
                id: MessageID.make(at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
                createdAt: createdAt),
            clientMessageID: draft.clientMessageID, product: draft.product, senderCursor: senderCursor,
            receiverCursor: receiverCursor)
    }

    private func insert(_ stored: StoredMessage) throws {
        let message = stored.message
        try insertMessage.execute(arguments: [
            message.id, message.sender, message.receiver, stored.product?.id, stored.product?.title, message.text,
            message.createdAt, message.createdAt, stored.clientMessageID, stored.senderCursor, stored.receiverCursor,
        ])
        let seq = database.lastInsertedRowID
        try insertIntoFeed.execute(arguments: [message.sender, stored.senderCursor, seq])
        if message.receiver != message.sender {
            try insertIntoFeed.execute(arguments: [message.receiver, stored.receiverCursor, seq])
        }
    }

    private mutating func nextCursor(of user: UserID) throws -> Int {
        let next = try (lastCursors[user] ?? FeedHead.lastCursor(of: user, database)) + 1
        lastCursors[user] = next
        return next
    }

    private func lastTime(of draft: MessageDraft) throws -> Timestamp? {
        if let known = lastTimes[[draft.sender, draft.receiver]] { return known }
        return try ConversationQuery.lastTime(of: draft.sender, with: draft.receiver, database)
    }
}

/// The last cursor given out in a user's feed.
enum FeedHead {
    static func lastCursor(of user: UserID, _ database: Database) throws -> Int {
        let statement = try database.cachedStatement(sql: "SELECT last_cursor FROM feed_heads WHERE user_id = ?")
        return try Int.fetchOne(statement, arguments: [user]) ?? 0
    }

    static func setLastCursor(_ cursor: Int, of user: UserID, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO feed_heads (user_id, last_cursor) VALUES (?, ?)
                ON CONFLICT (user_id) DO UPDATE SET last_cursor = excluded.last_cursor
                """)
        try statement.execute(arguments: [user, cursor])
    }
}
