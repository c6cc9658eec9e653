import ChatServer
import ChatWire
import GRDB

/// Appends messages to the log, and caches what it would otherwise look up for each message.
///
/// The cache is valid while nobody else writes. A commit of another program changes `PRAGMA data_version`. Code of this
/// process that changes bans, blocks or feeds calls ``forget()``. The cache belongs to the writer's connection.
struct LogWriter {
    private let ids: MessageIDCipher
    /// The `data_version` for which the cache is valid; nil if it is empty.
    private var version: Int64?
    private(set) var lastSeq: Int64 = 0
    /// The first `seq` that the last call used, if it used any.
    private(set) var firstSeq: Int64 = 1
    /// The `seq` up to which all tables are settled.
    private var settled: Int64 = 0
    private var users: [KnownUser] = []
    private var indices: [UserID: Int] = [:]
    /// The ends of feeds that are not settled, of users who are not in `users`.
    private var feedEnds: [UserID: ChainEnd] = [:]
    /// The highest ids that these users gave their messages.
    private var highestIDs: [UserID: ClientMessageID] = [:]
    private var conversations: [KnownConversation: ChainEnd] = [:]
    /// The ends of conversations that are not settled and not in the cache.
    private var placeEnds: [Correspondence: ChainEnd] = [:]
    private var recent = RecentMessages()
    private var unsettledKeys = UnsettledIdempotencyKeys()

    private static let dataVersion = "PRAGMA data_version"
    /// With more users than this, the cache is emptied. An entry takes about 150 bytes.
    private static let maxKnown = 50_000

    init(_ ids: MessageIDCipher) {
        self.ids = ids
    }

    /// Stores drafts within a transaction. If it throws, the transaction must be rolled back; the cache is emptied.
    mutating func append(_ drafts: [MessageDraft], _ database: Database) throws -> [AppendOutcome] {
        let statements = try AppendStatements(database, ids)
        try learn(database)
        firstSeq = lastSeq + 1
        return try drafts.map { try append($0, statements, database) }
    }

    mutating func forget() {
        self = LogWriter(ids)
    }

    /// The number of messages that are not settled.
    var unsettled: Int { Int(max(0, lastSeq - settled)) }

    /// Records that all tables are settled up to `end`.
    mutating func noteSettled(_ end: Int64) {
        guard version != nil else { return }
        settled = end
        unsettledKeys.removeAll(upTo: end)
        if max(users.count, conversations.count) > Self.maxKnown { forget() }
    }

    private mutating func learn(_ database: Database) throws {
        let current = try HotStatement(database, Self.dataVersion).integer()
        if version == current { return }
        forget()
        settled = try Settlement.end(database)
        lastSeq = settled
        // The rows that are not settled yet.
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT \(MessageColumn.all(of: "messages")), place FROM messages WHERE seq > ? ORDER BY seq"),
            arguments: [settled])
        while let row = try rows.next() {
            let stored = try StoredMessage(row: row)
            lastSeq = try row.decode(.seq)
            note(stored, place: try row.decode(forColumn: "place"))
            unsettledKeys.insert(stored, at: lastSeq)
        }
        version = current
    }

    /// Notes a message that is not settled as the end of its chains.
    /// - Parameter place: The message's number in its conversation; nil if an earlier version stored it.
    private mutating func note(_ stored: StoredMessage, place: Int64?) {
        let message = stored.message
        feedEnds[message.sender] = ChainEnd(number: Int64(stored.senderCursor), seq: lastSeq)
        if let cursor = stored.receiverCursor {
            feedEnds[message.receiver] = ChainEnd(number: Int64(cursor), seq: lastSeq)
        }
        placeEnds[Correspondence(stored)] = ChainEnd(number: place ?? 0, seq: lastSeq)
        guard let id = stored.clientMessageID else { return }
        if highestIDs[message.sender]?.wire.precedes(inBytes: id.wire) ?? true {
            highestIDs[message.sender] = id
        }
    }

    private mutating func append(
        _ draft: MessageDraft, _ statements: AppendStatements, _ database: Database
    ) throws -> AppendOutcome {
        if draft.containsNUL { return .refused(.containsNUL) }
        let sender = try index(of: draft.sender, statements)
        if users[sender].isBanned { return .banned }
        let name = name(draft.clientMessageID, by: sender)
        // An id above all that the user sent so far is certainly new.
        if case .other = name, let earlier = try earlierMessage(of: draft, statements, database) {
            return draft.outcome(after: earlier)
        }
        if let refusal = draft.refusal { return refusal }
        let receiver = try index(of: draft.receiver, statements)
        let isWithheld = try blocks(receiver, draft, statements)
        let place = try place(of: draft, from: sender, to: receiver, isWithheld: isWithheld, statements)
        lastSeq += 1
        let number = place.end.number + 1
        conversations[place.conversation] = ChainEnd(number: number, seq: lastSeq)
        let inReceivers = receiver == sender || isWithheld ? nil : users[receiver].advance(to: lastSeq)
        let inSenders = users[sender].advance(to: lastSeq)
        let receiverCursor = receiver == sender ? inSenders.cursor : inReceivers?.cursor
        let createdAt = draft.createdAt
        let message = Message(
            id: ids.id(of: lastSeq, at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
            createdAt: createdAt)
        let stored = StoredMessage(
            message: message, clientMessageID: draft.clientMessageID, product: draft.product,
            senderCursor: Int(inSenders.cursor), receiverCursor: receiverCursor.map { Int($0) })
        try statements.insertMessage.insert(
            NewMessageRow(
                seq: lastSeq, stored: stored, senderPrevious: inSenders.previous,
                receiverPrevious: inReceivers?.previous ?? 0, place: number, placePrevious: place.end.seq))
        recent.append(
            .init(
                sender: sender, receiver: receiver, createdAt: createdAt,
                name: name,
                hasProduct: stored.product?.id != nil || stored.product?.title != nil,
                inSenders: inSenders, inReceivers: inReceivers, place: number),
            at: lastSeq)
        if let id = stored.clientMessageID {
            unsettledKeys.insert(stored, at: lastSeq)
            if case .ascending = name { users[sender].highestID = id }
        }
        return .stored(stored)
    }

    private func name(_ id: ClientMessageID?, by sender: Int) -> RecentMessages.Name {
        guard let id else { return .none }
        return users[sender].isInOrder(id) ? .ascending(digest: ids.digest(of: id)) : .other
    }

    /// The message that the same sender sent earlier with the draft's `clientMessageID`.
    private mutating func earlierMessage(
        of draft: MessageDraft, _ statements: AppendStatements, _ database: Database
    ) throws -> StoredMessage? {
        guard let key = IdempotencyKey(draft) else { return nil }
        if let earlier = unsettledKeys.find(key) { return earlier }
        guard let seq = try statements.settledKeys.seq(of: key) else { return nil }
        return try SeqList.messages([seq], database).first
    }

    // MARK: - For settlements

    /// The beginning of a range of the log, with as many messages as take at most `rows` rows to settle. Nil unless the
    /// whole range is cached.
    func cachedRange(
        _ part: ClosedRange<Int64>, atMost rows: Int, _ database: Database
    ) throws -> CachedLogRange? {
        guard recent.holds(part), try HotStatement(database, Self.dataVersion).integer() == version else { return nil }
        return CachedLogRange(part, atMost: rows, recent, unsettledKeys) { users[$0].id }
    }

    // MARK: - For acknowledgements

    /// Whether a user is banned, and the last cursor of the user's feed.
    mutating func feedEnd(of user: UserID, _ database: Database) throws -> (isBanned: Bool, lastCursor: Int) {
        try learn(database)
        let known = users[try index(of: user, database)]
        return (known.isBanned, Int(known.feedEnd.number))
    }

    /// The newest message of each other user in a range of a feed, the newest first, as far as the cache knows.
    /// - Returns: the messages, which cover only the cursors above `known`.
    mutating func newestBySender(
        of user: UserID, in part: Range<Int>, _ database: Database
    ) throws -> (messages: [FeedMessage], known: Int) {
        try learn(database)
        let user = try index(of: user, database)
        var end = users[user].feedEnd
        var (messages, senders): ([FeedMessage], Set<Int>) = ([], [])
        while end.number > part.lowerBound, let entry = recent[end.seq] {
            let isOwn = entry.sender == user
            guard let place = isOwn ? entry.inSenders : entry.inReceivers else { break }
            if end.number <= part.upperBound, !isOwn, senders.insert(entry.sender).inserted {
                let id = ids.id(of: end.seq, at: entry.createdAt)
                messages.append(FeedMessage(sender: users[entry.sender].id, id: id, seq: end.seq))
            }
            end = ChainEnd(number: end.number - 1, seq: place.previous)
        }
        return (messages, min(part.upperBound, Int(end.number)))
    }

    /// Whether the receiver blocks the sender. Most users block nobody, and the cache knows that.
    private func blocks(_ receiver: Int, _ draft: MessageDraft, _ statements: AppendStatements) throws -> Bool {
        guard users[receiver].blocksSomebody, draft.receiver != draft.sender else { return false }
        return try statements.findBlock.findsRow(draft.receiver, draft.sender)
    }

    private mutating func index(of user: UserID, _ database: Database) throws -> Int {
        if let index = indices[user] { return index }
        return try index(of: user, AppendStatements(database, ids))
    }

    private mutating func index(of user: UserID, _ statements: AppendStatements) throws -> Int {
        if let index = indices[user] { return index }
        var known = try KnownUser(user, feedEnds[user], statements)
        if let id = highestIDs[user], known.isInOrder(id) { known.highestID = id }
        users.append(known)
        indices[user] = users.count - 1
        return users.count - 1
    }

    /// The chain of the conversation that the draft goes to, and its end.
    private func place(
        of draft: MessageDraft, from sender: Int, to receiver: Int, isWithheld: Bool, _ statements: AppendStatements
    ) throws -> (conversation: KnownConversation, end: ChainEnd) {
        let conversation = KnownConversation(
            lower: min(sender, receiver), higher: max(sender, receiver), knower: isWithheld ? sender : nil)
        if let end = conversations[conversation] { return (conversation, end) }
        if let end = placeEnds[Correspondence(draft, isWithheld: isWithheld)] { return (conversation, end) }
        let visibility = isWithheld ? ConversationChain.Visibility(of: draft.sender, notOf: draft.receiver) : .both
        let find = isWithheld ? statements.findOwnPlace : statements.findSharedPlace
        guard case (let number?, let seq?)? = try find.integers(draft.sender, draft.receiver, visibility.rawValue)
        else {
            return (conversation, ChainEnd(number: 0, seq: 0))
        }
        return (conversation, ChainEnd(number: number, seq: seq))
    }
}

/// The newest message of a chain and its number there. Both are 0 for an empty chain.
private struct ChainEnd {
    var number: Int64
    var seq: Int64
}

/// A message in a user's feed.
struct FeedMessage {
    var sender: UserID
    var id: MessageID
    var seq: Int64
}

/// What the cache knows about a user.
private struct KnownUser {
    let id: UserID
    private(set) var feedEnd: ChainEnd
    /// Looked up within the transaction, so that nothing is stored after a ban, whichever program set it.
    let isBanned: Bool
    let blocksSomebody: Bool
    /// The highest id that the user gave a message, compared by bytes.
    fileprivate(set) var highestID: ClientMessageID?

    init(_ user: UserID, _ feedEnd: ChainEnd?, _ statements: AppendStatements) throws {
        id = user
        let (cursor, seq) = try statements.findHead.integers(user) ?? (nil, nil)
        self.feedEnd = feedEnd ?? ChainEnd(number: cursor ?? 0, seq: seq ?? 0)
        isBanned = try statements.findBan.findsRow(user)
        blocksSomebody = try statements.findBlocks.findsRow(user)
        highestID = try statements.settledKeys.highest(of: user)
    }

    /// Whether an id is above all that the user gave messages so far.
    func isInOrder(_ id: ClientMessageID) -> Bool {
        highestID.map { $0.wire.precedes(inBytes: id.wire) } ?? true
    }

    /// Appends a message to the user's feed.
    mutating func advance(to seq: Int64) -> RecentMessages.FeedPlace {
        let previous = feedEnd.seq
        feedEnd = ChainEnd(number: feedEnd.number + 1, seq: seq)
        return .init(cursor: feedEnd.number, previous: previous)
    }
}

/// A conversation in the cache: two users by their indices, and the visibility of its messages.
private struct KnownConversation: Hashable {
    var lower: Int
    var higher: Int
    var knower: Int?
}

/// A conversation of users who are not in the cache.
private struct Correspondence: Hashable {
    var users: Set<UserID>
    var knower: UserID?

    init(_ draft: MessageDraft, isWithheld: Bool) {
        users = [draft.sender, draft.receiver]
        knower = isWithheld ? draft.sender : nil
    }

    init(_ stored: StoredMessage) {
        users = [stored.message.sender, stored.message.receiver]
        knower = stored.reachesReceiver ? nil : stored.message.sender
    }
}
