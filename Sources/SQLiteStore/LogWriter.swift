import ChatServer
import ChatWire
import GRDB

/// Appends messages to the log, and knows what it would otherwise have to look up for each.
///
/// What it knows holds as long as nobody else writes: another program's commits change `PRAGMA data_version`, and whatever this
/// process changes of bans, blocks and feeds calls ``forget()``. It belongs to the writer's connection.
struct LogWriter {
    private let ids: PlaceCipher
    /// The `data_version` for which all of it holds; nil where nothing is known.
    private var version: Int64?
    private(set) var lastSeq: Int64 = 0
    /// The first one that the last call gave out, if it gave out any.
    private(set) var firstSeq: Int64 = 1
    /// Up to where all tables are.
    private var settled: Int64 = 0
    private var users: [KnownUser] = []
    private var indices: [UserID: Int] = [:]
    /// Of users of whom nothing else is known: where their feeds end, where that is not settled.
    private var feedEnds: [UserID: ChainEnd] = [:]
    /// The same of what they called their messages.
    private var highestSendings: [UserID: ClientMessageID] = [:]
    private var conversations: [KnownConversation: ChainEnd] = [:]
    /// The same of conversations that are not known.
    private var placeEnds: [Correspondence: ChainEnd] = [:]
    private var recent = RecentMessages()
    private var sendings = UnsettledSendings()

    private static let dataVersion = "PRAGMA data_version"
    /// Above so many users, what is known is begun anew. An entry takes about 150 bytes.
    private static let mostKnown = 50_000

    init(_ ids: PlaceCipher) {
        self.ids = ids
    }

    /// Stores drafts, within a transaction that is rolled back where this throws; then nothing is known any more.
    mutating func append(_ drafts: [MessageDraft], _ database: Database) throws -> [AppendOutcome] {
        let statements = try AppendStatements(database, ids)
        try learn(database)
        firstSeq = lastSeq + 1
        return try drafts.map { try append($0, statements, database) }
    }

    mutating func forget() {
        self = LogWriter(ids)
    }

    /// How many messages are not settled.
    var unsettled: Int { Int(max(0, lastSeq - settled)) }

    /// All tables are up to a place of the log.
    mutating func noteSettled(_ end: Int64) {
        guard version != nil else { return }
        settled = end
        sendings.removeAll(upTo: end)
        if max(users.count, conversations.count) > Self.mostKnown { forget() }
    }

    private mutating func learn(_ database: Database) throws {
        let current = try HotStatement(database, Self.dataVersion).integer()
        if version == current { return }
        forget()
        settled = try Settlement.end(database)
        lastSeq = settled
        // What the tables do not hold yet.
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT \(MessageColumn.all(of: "messages")), place FROM messages WHERE seq > ? ORDER BY seq"),
            arguments: [settled])
        while let row = try rows.next() {
            let stored = try StoredMessage(row: row)
            lastSeq = try row.decode(.seq)
            note(stored, place: try row.decode(forColumn: "place"))
            sendings.insert(stored, at: lastSeq)
        }
        version = current
    }

    /// What the tables do not hold: where its chains end.
    /// - Parameter place: Nil in what an earlier version stored.
    private mutating func note(_ stored: StoredMessage, place: Int64?) {
        let message = stored.message
        feedEnds[message.sender] = ChainEnd(number: Int64(stored.senderCursor), seq: lastSeq)
        if stored.reachesReceiver {
            feedEnds[message.receiver] = ChainEnd(number: Int64(stored.receiverCursor), seq: lastSeq)
        }
        placeEnds[Correspondence(stored)] = ChainEnd(number: place ?? 0, seq: lastSeq)
        guard let id = stored.clientMessageID else { return }
        if highestSendings[message.sender]?.wire.precedes(inBytes: id.wire) ?? true {
            highestSendings[message.sender] = id
        }
    }

    private mutating func append(
        _ draft: MessageDraft, _ statements: AppendStatements, _ database: Database
    ) throws -> AppendOutcome {
        let sender = try index(of: draft.sender, statements)
        if users[sender].isBanned { return .banned }
        let name = name(draft.clientMessageID, by: sender)
        // What is above all that a user sent so far was never sent.
        if case .other = name, let earlier = try earlierSending(of: draft, statements, database) {
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
        let receiverCursor = receiver == sender ? inSenders.cursor : inReceivers?.cursor ?? 0
        let createdAt = draft.createdAt
        let message = Message(
            id: ids.id(of: lastSeq, at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
            createdAt: createdAt)
        let stored = StoredMessage(
            message: message, clientMessageID: draft.clientMessageID, product: draft.product,
            senderCursor: Int(inSenders.cursor), receiverCursor: Int(receiverCursor))
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
            sendings.insert(stored, at: lastSeq)
            if case .ascending = name { users[sender].highestSending = id }
        }
        return .stored(stored)
    }

    private func name(_ id: ClientMessageID?, by sender: Int) -> RecentMessages.Name {
        guard let id else { return .none }
        return users[sender].isInOrder(id) ? .ascending(digest: ids.digest(of: id)) : .other
    }

    /// What the same sender sent under a draft's `clientMessageID` before.
    private mutating func earlierSending(
        of draft: MessageDraft, _ statements: AppendStatements, _ database: Database
    ) throws -> StoredMessage? {
        guard let sending = Sending(draft) else { return nil }
        if let earlier = sendings.find(sending) { return earlier }
        guard let seq = try statements.sendings.seq(of: sending) else { return nil }
        return try Places.messages([seq], database).first
    }

    // MARK: - For settlements

    /// The beginning of a part of the log, by so many rows as it is settled with; nil where not all of it is remembered.
    func remembered(
        _ part: ClosedRange<Int64>, atMost rows: Int, _ database: Database
    ) throws -> RememberedPart? {
        guard recent.holds(part), try HotStatement(database, Self.dataVersion).integer() == version else { return nil }
        return RememberedPart(part, atMost: rows, recent, sendings) { users[$0].id }
    }

    // MARK: - For acknowledgements

    /// Whether a user is banned, and the last cursor of their feed.
    mutating func feedEnd(of user: UserID, _ database: Database) throws -> (isBanned: Bool, lastCursor: Int) {
        try learn(database)
        let known = users[try index(of: user, database)]
        return (known.isBanned, Int(known.feedEnd.number))
    }

    /// The newest message of each other user in a part of a feed, the newest first, as far as that is known without a look into
    /// the log: it is for the cursors above `known`.
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

    /// Whether the receiver blocks the sender. Most users block nobody, which is known of them.
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
        if let id = highestSendings[user], known.isInOrder(id) { known.highestSending = id }
        users.append(known)
        indices[user] = users.count - 1
        return users.count - 1
    }

    /// The conversation as those know it who know of the draft, and where it ends.
    private func place(
        of draft: MessageDraft, from sender: Int, to receiver: Int, isWithheld: Bool, _ statements: AppendStatements
    ) throws -> (conversation: KnownConversation, end: ChainEnd) {
        let conversation = KnownConversation(
            lower: min(sender, receiver), higher: max(sender, receiver), knower: isWithheld ? sender : nil)
        if let end = conversations[conversation] { return (conversation, end) }
        if let end = placeEnds[Correspondence(draft, isWithheld: isWithheld)] { return (conversation, end) }
        let knowers = isWithheld ? ConversationChain.Knowers(of: draft.sender, notOf: draft.receiver) : .both
        let find = isWithheld ? statements.findOwnPlace : statements.findSharedPlace
        guard case (let number?, let seq?)? = try find.integers(draft.sender, draft.receiver, knowers.rawValue) else {
            return (conversation, ChainEnd(number: 0, seq: 0))
        }
        return (conversation, ChainEnd(number: number, seq: seq))
    }
}

/// The newest message of a chain, and its number there. All 0 where there is none.
private struct ChainEnd {
    var number: Int64
    var seq: Int64
}

/// Of somebody's feed.
struct FeedMessage {
    var sender: UserID
    var id: MessageID
    var seq: Int64
}

/// What is known of a user.
private struct KnownUser {
    let id: UserID
    private(set) var feedEnd: ChainEnd
    /// Looked up within the transaction, so that nothing is stored behind a ban whoever set it.
    let isBanned: Bool
    let blocksSomebody: Bool
    /// The highest by its bytes of what they called their messages.
    fileprivate(set) var highestSending: ClientMessageID?

    init(_ user: UserID, _ feedEnd: ChainEnd?, _ statements: AppendStatements) throws {
        id = user
        let (cursor, seq) = try statements.findHead.integers(user) ?? (nil, nil)
        self.feedEnd = feedEnd ?? ChainEnd(number: cursor ?? 0, seq: seq ?? 0)
        isBanned = try statements.findBan.findsRow(user)
        blocksSomebody = try statements.findBlocks.findsRow(user)
        highestSending = try statements.sendings.highest(of: user)
    }

    /// Whether it is above all that they called their messages.
    func isInOrder(_ id: ClientMessageID) -> Bool {
        highestSending.map { $0.wire.precedes(inBytes: id.wire) } ?? true
    }

    /// Puts a message at the end of the feed.
    mutating func advance(to seq: Int64) -> RecentMessages.FeedPlace {
        let previous = feedEnd.seq
        feedEnd = ChainEnd(number: feedEnd.number + 1, seq: seq)
        return .init(cursor: feedEnd.number, previous: previous)
    }
}

/// Two users by their indices, and who knows of what they wrote: both, or the one.
private struct KnownConversation: Hashable {
    var lower: Int
    var higher: Int
    var knower: Int?
}

/// The same of users of whom nothing is known.
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
