import ChatServer
import ChatWire
import DequeModule
import GRDB

/// Appends messages to the log, and knows what it would otherwise have to look up for each.
///
/// What it knows holds as long as nobody else writes: another program's commits change `PRAGMA data_version`, and whatever this
/// process changes of bans, blocks and feeds calls ``forget()``. It belongs to the writer's connection.
struct LogWriter {
    /// The `data_version` for which all of it holds; nil where nothing is known.
    private var version: Int64?
    private(set) var lastSeq: Int64 = 0
    /// The first one that the last call gave out, if it gave out any.
    private(set) var firstSeq: Int64 = 1
    /// Up to where all tables are.
    private var settled: Int64 = 0
    private var users: [UserID: KnownUser] = [:]
    /// Of users of whom nothing else is known: their last cursors, where they are not settled.
    private var lastCursors: [UserID: Int] = [:]
    /// What was called something by its sender and is not settled, and in which order.
    private var sendings: [Sending: StoredMessage] = [:]
    private var sendingsInOrder: Deque<(seq: Int64, sending: Sending)> = []

    /// Above so many users, what is known is begun anew. An entry takes about 150 bytes.
    private static let mostKnown = 50_000

    /// Stores drafts, within a transaction that is rolled back where this throws; then nothing is known any more.
    mutating func append(_ drafts: [MessageDraft], _ database: Database) throws -> [AppendOutcome] {
        let statements = try AppendStatements(database)
        try learn(database)
        firstSeq = lastSeq + 1
        return try drafts.map { try append($0, statements, database) }
    }

    mutating func forget() {
        self = LogWriter()
    }

    /// How many messages are not settled.
    var unsettled: Int { Int(max(0, lastSeq - settled)) }

    /// All tables are up to a place of the log.
    mutating func noteSettled(_ end: Int64) {
        guard version != nil else { return }
        settled = end
        while let first = sendingsInOrder.first, first.seq <= end {
            sendings[first.sending] = nil
            sendingsInOrder.removeFirst()
        }
        if users.count > Self.mostKnown { forget() }
    }

    private mutating func learn(_ database: Database) throws {
        let current = try HotStatement(database, "PRAGMA data_version").integer()
        if version == current { return }
        forget()
        settled = try Settlement.end(database)
        lastSeq = settled
        // What the tables do not hold yet.
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT * FROM messages WHERE seq > ? ORDER BY seq"), arguments: [settled])
        while let row = try rows.next() {
            let stored = try StoredMessage(row: row)
            lastSeq = try row.decode(forColumn: "seq")
            lastCursors[stored.message.sender] = stored.senderCursor
            if stored.reachesReceiver { lastCursors[stored.message.receiver] = stored.receiverCursor }
            note(stored)
        }
        version = current
    }

    private mutating func note(_ stored: StoredMessage) {
        guard let sending = Sending(stored) else { return }
        sendings[sending] = stored
        sendingsInOrder.append((lastSeq, sending))
    }

    private mutating func append(
        _ draft: MessageDraft, _ statements: AppendStatements, _ database: Database
    ) throws -> AppendOutcome {
        if try known(draft.sender, statements).isBanned { return .banned }
        if let earlier = try earlierSending(of: draft, statements, database) { return draft.outcome(after: earlier) }
        if let refusal = draft.refusal { return refusal }
        let stored = try allocate(draft, statements)
        let message = stored.message
        lastSeq += 1
        try statements.insertMessage.execute(
            lastSeq, message.id, message.sender, message.receiver, stored.senderCursor, stored.receiverCursor,
            stored.clientMessageID, message.createdAt, message.createdAt, stored.product?.id, stored.product?.title,
            message.text)
        note(stored)
        return .stored(stored)
    }

    /// Most are new, which costs no row.
    private func earlierSending(
        of draft: MessageDraft, _ statements: AppendStatements, _ database: Database
    ) throws -> StoredMessage? {
        guard let sending = Sending(draft) else { return nil }
        if let earlier = sendings[sending] { return earlier }
        guard try statements.findSending.findsRow(draft.sender, sending.id) else { return nil }
        return try EarlierSending.fetch(of: draft, database)
    }

    /// Gives the draft its id, its time and its place in both feeds.
    private mutating func allocate(_ draft: MessageDraft, _ statements: AppendStatements) throws -> StoredMessage {
        let createdAt = draft.createdAt
        let receiverCursor = try receiverCursor(of: draft, statements)
        let senderCursor = try advance(draft.sender, statements)
        return StoredMessage(
            message: Message(
                id: MessageID.make(at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
                createdAt: createdAt),
            clientMessageID: draft.clientMessageID, product: draft.product, senderCursor: senderCursor,
            receiverCursor: receiverCursor ?? senderCursor)
    }

    /// Nil where the feed is the sender's own.
    private mutating func receiverCursor(of draft: MessageDraft, _ statements: AppendStatements) throws -> Int? {
        if draft.receiver == draft.sender { return nil }
        // Most users block nobody, which is known of them.
        if try known(draft.receiver, statements).blocksSomebody,
            try statements.findBlock.findsRow(draft.receiver, draft.sender)
        {
            return 0
        }
        return try advance(draft.receiver, statements)
    }

    private mutating func known(_ user: UserID, _ statements: AppendStatements) throws -> KnownUser {
        if let known = users[user] { return known }
        var known = try KnownUser(user, statements)
        if let cursor = lastCursors[user] { known.lastCursor = max(known.lastCursor, cursor) }
        users[user] = known
        return known
    }

    /// The next cursor of a user's feed.
    private mutating func advance(_ user: UserID, _ statements: AppendStatements) throws -> Int {
        if let cursor = users[user]?.advance() { return cursor }
        _ = try known(user, statements)
        return try advance(user, statements)
    }
}

/// What is known of a user.
private struct KnownUser {
    var lastCursor: Int
    /// Looked up within the transaction, so that nothing is stored behind a ban whoever set it.
    var isBanned: Bool
    var blocksSomebody: Bool

    init(_ user: UserID, _ statements: AppendStatements) throws {
        lastCursor = try Int(statements.findHead.integer(user) ?? 0)
        isBanned = try statements.findBan.findsRow(user)
        blocksSomebody = try statements.findBlocks.findsRow(user)
    }

    mutating func advance() -> Int {
        lastCursor += 1
        return lastCursor
    }
}

/// What a user called a message.
private struct Sending: Hashable {
    var sender: UserID
    /// Compared by its bytes, as the database does.
    var id: UntrustedText

    init?(_ draft: MessageDraft) {
        self.init(draft.sender, draft.clientMessageID)
    }

    init?(_ stored: StoredMessage) {
        self.init(stored.message.sender, stored.clientMessageID)
    }

    private init?(_ sender: UserID, _ id: String?) {
        guard let id else { return nil }
        (self.sender, self.id) = (sender, UntrustedText(id))
    }
}
