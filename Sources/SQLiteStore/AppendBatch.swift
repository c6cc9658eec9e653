import ChatServer
import ChatWire
import GRDB

/// Appends drafts inside one transaction.
///
/// What it read and allocated is kept until `finish`, so that each feed and each conversation costs one look-up and
/// one change a batch. That is safe because the transaction holds the only write lock.
struct AppendBatch {
    private let database: Database
    private let statements: AppendStatements
    private var lastCursors: [UserID: Int] = [:]
    private var sides: [ConversationSide: SideChange] = [:]
    /// Whether the user of a side blocks the peer.
    private var blocks: [ConversationSide: Bool] = [:]
    private var bans: [UserID: Bool] = [:]

    init(_ database: Database) throws {
        self.database = database
        statements = try AppendStatements(database)
    }

    mutating func append(_ draft: MessageDraft) throws -> AppendOutcome {
        if try isBanned(draft.sender) { return .banned }
        if let earlier = try earlierSending(of: draft) { return draft.outcome(after: earlier) }
        let stored = try allocate(draft)
        let seq = try insert(stored)
        noteInConversation(stored, seq)
        return .stored(stored)
    }

    /// Writes the feeds' heads and the conversations. Without it the next transaction would give the same cursors out
    /// again, and fail.
    func finish() throws {
        for (user, cursor) in lastCursors { try statements.setHead.execute(user, cursor) }
        for (side, change) in sides {
            try statements.changeSide.execute(
                side.user, side.peer, change.lastSeq, change.lastTime, change.productSeq, change.unread)
        }
    }

    /// Most are new, which costs no row.
    private func earlierSending(of draft: MessageDraft) throws -> StoredMessage? {
        guard let id = draft.clientMessageID, try statements.findSending.findsRow(draft.sender, id) else { return nil }
        return try EarlierSending.fetch(of: draft, database)
    }

    /// Gives the draft its id, its time and its place in both feeds.
    private mutating func allocate(_ draft: MessageDraft) throws -> StoredMessage {
        let createdAt = draft.createdAt
        let senderCursor = try nextCursor(of: draft.sender)
        let receiverCursor =
            if draft.receiver == draft.sender {
                senderCursor
            } else if try isBlocked(draft) {
                0
            } else {
                try nextCursor(of: draft.receiver)
            }
        return StoredMessage(
            message: Message(
                id: MessageID.make(at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
                createdAt: createdAt),
            clientMessageID: draft.clientMessageID, product: draft.product, senderCursor: senderCursor,
            receiverCursor: receiverCursor)
    }

    private func insert(_ stored: StoredMessage) throws -> Int64 {
        let message = stored.message
        try statements.insertMessage.execute(
            message.id, message.sender, message.receiver, stored.product?.id, stored.product?.title, message.text,
            message.createdAt, message.createdAt, stored.clientMessageID, stored.senderCursor, stored.receiverCursor)
        let seq = database.lastInsertedRowID
        try statements.insertIntoFeed.execute(message.sender, stored.senderCursor, seq)
        if message.receiver != message.sender, stored.reachesReceiver {
            try statements.insertIntoFeed.execute(message.receiver, stored.receiverCursor, seq)
        }
        return seq
    }

    private mutating func noteInConversation(_ stored: StoredMessage, _ seq: Int64) {
        let message = stored.message
        let own = ConversationSide(user: message.sender, peer: message.receiver)
        sides[own, default: SideChange()].note(stored, seq, isUnread: false)
        if message.receiver == message.sender || !stored.reachesReceiver { return }
        let other = ConversationSide(user: message.receiver, peer: message.sender)
        sides[other, default: SideChange()].note(stored, seq, isUnread: true)
    }

    private mutating func nextCursor(of user: UserID) throws -> Int {
        let next = try (lastCursors[user] ?? Int(statements.findHead.integer(user) ?? 0)) + 1
        lastCursors[user] = next
        return next
    }

    private mutating func isBlocked(_ draft: MessageDraft) throws -> Bool {
        let side = ConversationSide(user: draft.receiver, peer: draft.sender)
        if let known = blocks[side] { return known }
        let isBlocked = try statements.findBlock.findsRow(side.user, side.peer)
        blocks[side] = isBlocked
        return isBlocked
    }

    /// Within the transaction, so that nothing is stored behind a ban whoever set it.
    private mutating func isBanned(_ user: UserID) throws -> Bool {
        if let known = bans[user] { return known }
        let isBanned = try Ban.exists(of: user, database)
        bans[user] = isBanned
        return isBanned
    }
}

/// A conversation as one of its users has it.
private struct ConversationSide: Hashable {
    var user: UserID
    var peer: UserID
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
