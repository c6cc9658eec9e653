import ChatClient
import ChatWire
import GRDB
import TextSearch

/// Reads one conversation within a transaction.
struct ConversationReader {
    private let database: Database
    private let user: UserID
    private let peer: UserID
    /// The conversation's row; nil if there is none yet.
    private let conversation: Row?

    init(_ database: Database, user: UserID, peer: UserID) throws {
        self.database = database
        self.user = user
        self.peer = peer
        conversation = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM conversations WHERE peer_id = ?"),
            arguments: [peer.wire.databaseText])
    }

    /// Everything that the open conversation shows. Each of these statements reads only the rows that it returns.
    func state(window: Int64, limit: Int) throws -> StoredState {
        StoredState(
            position: try FeedPosition.stored(database), newest: try page(before: nil, limit: limit),
            reachesFeed: try conversation?.flag("is_joined") ?? false,
            unsent: try unsent(window), draft: try draft(window), marks: try marks(),
            peerName: try conversation?.optionalText("peer_name").map { UntrustedText($0) },
            product: try conversation?.product(),
            products: try conversation.map { try StoredState.products(of: $0.integer("id"), database) } ?? [])
    }

    private func unsent(_ window: Int64) throws -> [UnsentMessage] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT * FROM unsent WHERE window = ? AND receiver_id = ? ORDER BY seq"),
            arguments: [window, peer.wire.databaseText])
        return try Array(rows.map(UnsentMessage.init(row:)))
    }

    private func draft(_ window: Int64) throws -> Draft? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM drafts WHERE window = ? AND peer_id = ?"),
            arguments: [window, peer.wire.databaseText])
        return try row?.draft()
    }

    private func marks() throws -> [ConversationMark] {
        guard let id = try conversation?.integer("id") else { return [] }
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT * FROM marks WHERE conversation = ? ORDER BY is_own DESC"),
            arguments: [id])
        return try Array(rows.map { try ConversationMark(row: $0, user: $0.flag("is_own") ? user : peer) })
    }

    // MARK: - Messages

    func page(before messageID: MessageID?, limit: Int) throws -> StoredPage {
        guard let id = try conversation?.integer("id") else { return StoredPage() }
        let limit = min(max(0, limit), Int.max - 1)
        guard let messageID else { return try page(of: id, before: nil, limit: limit) }
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM messages WHERE conversation = ? AND id = ?"),
            arguments: [id, messageID.databaseText])
        guard let row else { return StoredPage() }
        if try row.flag("follows_gap") { return StoredPage(followsGap: true) }
        return try page(of: id, before: MessagePlace(row: row), limit: limit)
    }

    func run(after messageID: MessageID?, limit: Int) throws -> StoredRun {
        guard let messageID else { return try run(from: .first, including: true, limit: limit) }
        guard let place = try place(of: messageID) else { return StoredRun() }
        return try run(from: place, including: false, limit: limit)
    }

    func run(around messageID: MessageID, limit: Int) throws -> StoredRun {
        guard let id = try conversation?.integer("id"), let place = try place(of: messageID) else { return StoredRun() }
        let half = Int64(limit / 2)
        let first = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT order_at, cursor, seq FROM (
                        SELECT order_at, cursor, seq FROM messages
                        WHERE conversation = ? AND (order_at, cursor, seq) <= (?, ?, ?)
                        ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT ?
                    ) ORDER BY order_at, cursor, seq LIMIT 1
                    """),
            arguments: [id] + place.arguments + [half + 1])
        return try run(from: first.map(MessagePlace.init(row:)) ?? place, including: true, limit: limit)
    }

    func first(since time: Timestamp) throws -> MessageID? {
        guard let id = try conversation?.integer("id") else { return nil }
        return try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id FROM messages WHERE conversation = ? AND order_at >= ?
                    ORDER BY order_at, cursor, seq LIMIT 1
                    """),
            arguments: [id, time.microseconds]
        ).map { try $0.id("id") }
    }

    /// Searches at most `limit` messages after `messageID`, or from the oldest on if that is nil.
    func search(_ query: TextQuery, after messageID: MessageID?, limit: Int) throws -> StoredMatches {
        guard let id = try conversation?.integer("id") else { return StoredMatches() }
        guard let start = try messageID.map(place(of:)) ?? .first else { return StoredMatches() }
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT id, message_text FROM messages
                    WHERE conversation = ? AND (order_at, cursor, seq) > (?, ?, ?)
                    ORDER BY order_at, cursor, seq LIMIT ?
                    """),
            arguments: [id] + start.arguments + [limit])
        var matches = StoredMatches()
        var count = 0
        while let row = try rows.next() {
            count += 1
            let isFound = query.matches(UntrustedText(try row.text("message_text")))
            guard isFound || count == limit else { continue }
            let messageID: MessageID = try row.id("id")
            if isFound { matches.ids.append(messageID) }
            // This may be the last message; the next call finds out.
            if count == limit { matches.last = messageID }
        }
        return matches
    }

    private func place(of messageID: MessageID) throws -> MessagePlace? {
        guard let id = try conversation?.integer("id") else { return nil }
        return try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT order_at, cursor, seq FROM messages WHERE conversation = ? AND id = ?"),
            arguments: [id, messageID.databaseText]
        ).map(MessagePlace.init(row:))
    }

    private func run(from start: MessagePlace, including: Bool, limit: Int) throws -> StoredRun {
        guard let id = try conversation?.integer("id") else { return StoredRun() }
        let limit = min(max(0, limit), Int.max - 1)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT * FROM messages
                    WHERE conversation = ? AND (order_at, cursor, seq) \(including ? ">=" : ">") (?, ?, ?)
                    ORDER BY order_at, cursor, seq LIMIT ?
                    """),
            // Reads one message more than asked for, to learn whether there are more.
            arguments: [id] + start.arguments + [limit + 1])
        let messages = try Array(rows.map { try StoredMessage(row: $0, user: user, peer: peer) })
        let older = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT 1 FROM messages WHERE conversation = ? AND (order_at, cursor, seq) < (?, ?, ?) LIMIT 1"),
            arguments: [id] + start.arguments)
        return StoredRun(
            messages: Array(messages.prefix(limit)), hasOlder: !including || older != nil,
            hasNewer: messages.count > limit)
    }

    private func page(of id: Int64, before end: MessagePlace?, limit: Int) throws -> StoredPage {
        let isBeforeEnd = end == nil ? "" : "AND (order_at, cursor, seq) < (?, ?, ?)"
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT * FROM messages WHERE conversation = ? \(isBeforeEnd)
                    ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT ?
                    """),
            // Reads one message more than asked for, to learn whether there are more.
            arguments: [id] + (end?.arguments ?? []) + [limit + 1])
        let newestFirst = try Array(
            rows.map {
                (message: try StoredMessage(row: $0, user: user, peer: peer), followsGap: try $0.flag("follows_gap"))
            })
        return StoredPage(newestFirst: newestFirst, limit: limit)
    }
}

extension MessagePlace {
    /// A place before all messages.
    fileprivate static let first = MessagePlace(
        orderedAt: Timestamp(microseconds: .min), cursor: nil, arrival: 0)
}
