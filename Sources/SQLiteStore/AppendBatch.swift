import ChatServer
import ChatWire
import GRDB

/// Appends drafts inside one transaction.
///
/// What it read and allocated is kept until `finish`, so that each feed and each conversation costs one look-up and
/// one change a batch. That is safe because the transaction holds the only write lock.
struct AppendBatch {
    private let database: Database
    private let insertMessage: Statement
    private let insertIntoFeed: Statement
    private var lastCursors: [UserID: Int] = [:]
    private var sides: [Side: SideChange] = [:]

    init(_ database: Database) throws {
        self.database = database
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
        if let earlier = try Self.earlierSending(of: draft, database) { return draft.outcome(after: earlier) }
        let stored = try allocate(draft)
        let seq = try insert(stored)
        noteInConversation(stored, seq)
        return .stored(stored)
    }

    /// Writes the feeds' heads and the conversations. Without it the next transaction would give the same cursors out
    /// again, and fail.
    func finish() throws {
        for (user, cursor) in lastCursors { try FeedHead.setLastCursor(cursor, of: user, database) }
        for (side, change) in sides { try side.apply(change, database) }
    }

    /// What the same sender sent under the draft's `clientMessageID` before.
    static func earlierSending(of draft: MessageDraft, _ database: Database) throws -> StoredMessage? {
        guard let clientMessageID = draft.clientMessageID else { return nil }
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM messages WHERE sender_id = ? AND client_message_id = ?")
        return try Row.fetchOne(statement, arguments: [draft.sender, clientMessageID]).map(StoredMessage.init(row:))
    }

    /// Gives the draft its id, its time and its place in both feeds.
    private mutating func allocate(_ draft: MessageDraft) throws -> StoredMessage {
        let own = Side(user: draft.sender, peer: draft.receiver)
        let createdAt = draft.createdAt(after: try sides[own]?.lastTime ?? own.lastTime(database))
        let senderCursor = try nextCursor(of: draft.sender)
        let receiverCursor = draft.receiver == draft.sender ? senderCursor : try nextCursor(of: draft.receiver)
        return StoredMessage(
            message: Message(
                id: MessageID.make(at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
                createdAt: createdAt),
            clientMessageID: draft.clientMessageID, product: draft.product, senderCursor: senderCursor,
            receiverCursor: receiverCursor)
    }

    private func insert(_ stored: StoredMessage) throws -> Int64 {
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
        return seq
    }

    private mutating func noteInConversation(_ stored: StoredMessage, _ seq: Int64) {
        let message = stored.message
        let (own, other) = (
            Side(user: message.sender, peer: message.receiver), Side(user: message.receiver, peer: message.sender)
        )
        sides[own, default: SideChange()].note(stored, seq, isUnread: false)
        if own != other { sides[other, default: SideChange()].note(stored, seq, isUnread: true) }
    }

    private mutating func nextCursor(of user: UserID) throws -> Int {
        let next = try (lastCursors[user] ?? FeedHead.lastCursor(of: user, database)) + 1
        lastCursors[user] = next
        return next
    }
}

/// A conversation as one of its users has it.
private struct Side: Hashable {
    var user: UserID
    var peer: UserID

    /// When the newest message was created; nil where there is none.
    func lastTime(_ database: Database) throws -> Timestamp? {
        let statement = try database.cachedStatement(
            sql: "SELECT last_at FROM conversations WHERE user_id = ? AND peer_id = ?")
        return try Timestamp.fetchOne(statement, arguments: [user, peer])
    }

    func apply(_ change: SideChange, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO conversations (user_id, peer_id, last_seq, last_at, product_seq, unread)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (user_id, peer_id) DO UPDATE SET
                    last_seq = excluded.last_seq, last_at = excluded.last_at,
                    product_seq = coalesce(excluded.product_seq, product_seq), unread = unread + excluded.unread
                """)
        try statement.execute(arguments: [
            user, peer, change.lastSeq, change.lastTime, change.productSeq, change.unread,
        ])
    }
}

/// What a batch changes on one side of a conversation.
private struct SideChange {
    var lastSeq: Int64?
    var lastTime: Timestamp?
    var productSeq: Int64?
    var unread = 0

    mutating func note(_ stored: StoredMessage, _ seq: Int64, isUnread: Bool) {
        lastSeq = seq
        lastTime = stored.message.createdAt
        if stored.product != nil { productSeq = seq }
        if isUnread { unread += 1 }
    }
}

/// The last cursor given out in a user's feed, and the one up to which it is on a device of theirs.
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

    /// Gives the cursors that are newly covered, after the lower and up to the upper; nil where none are.
    static func raiseDelivered(to cursor: Int, of user: UserID, _ database: Database) throws -> Range<Int>? {
        let find = try database.cachedStatement(
            sql: "SELECT last_cursor, delivered_cursor FROM feed_heads WHERE user_id = ?")
        guard let row = try Row.fetchOne(find, arguments: [user]) else { return nil }
        let delivered: Int = try row.decode(forColumn: "delivered_cursor")
        let raised = min(cursor, try row.decode(forColumn: "last_cursor"))
        guard delivered < raised else { return nil }
        let set = try database.cachedStatement(sql: "UPDATE feed_heads SET delivered_cursor = ? WHERE user_id = ?")
        try set.execute(arguments: [raised, user])
        return delivered..<raised
    }
}
