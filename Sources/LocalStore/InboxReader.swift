import ChatClient
import ChatWire
import GRDB

/// Reads the list of conversations within a transaction.
struct InboxReader {
    private let database: Database
    private let user: UserID

    init(_ database: Database, user: UserID) {
        self.database = database
        self.user = user
    }

    /// Reads one message of each conversation, and counts the unread ones of the conversations that it returns.
    /// - Parameters:
    ///   - limit: The maximum number of conversations.
    ///   - window: This window's number.
    ///   - closed: The numbers of closed windows, whose drafts and unsent messages this window may adopt.
    func inbox(limit: Int, window: Int64, closed: [Int64]) throws -> StoredInbox {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT last.*, conversations.peer_id AS peer_id, peer_name, conversations.product_id AS named_id,
                        conversations.product_title AS named_title, marks.read AS own_read,
                        CASE WHEN last.seq > (SELECT coalesce(max(begins_behind), 0) FROM feed)
                            THEN last.cursor ELSE 0 END AS feed_cursor
                    FROM conversations
                    JOIN messages AS last ON last.seq = (
                        SELECT seq FROM messages WHERE conversation = conversations.id
                        ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT 1)
                    LEFT JOIN marks ON marks.conversation = conversations.id AND marks.is_own = 1
                    LEFT JOIN conversation_flags AS pin
                        ON pin.peer_id = conversations.peer_id AND pin.flag = 'pinned'
                    ORDER BY pin.flag IS NULL, feed_cursor DESC, last.created_at DESC, conversations.peer_id LIMIT ?
                    """),
            arguments: [max(0, limit)])
        return StoredInbox(
            position: try FeedPosition.stored(database), conversations: try rows.map(conversation(row:)),
            drafts: try drafts(window, closed), unsent: try unsent(window, closed),
            flags: try FlagTable.all(database))
    }

    /// For each peer this window's draft; without one, the drafts of closed windows, as they are when they are adopted.
    private func drafts(_ window: Int64, _ closed: [Int64]) throws -> [UserID: Draft] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT * FROM drafts ORDER BY window = ?, seq"), arguments: [window])
        var own: [UserID: Draft] = [:]
        var left: [UserID: [Draft]] = [:]
        for row in rows {
            let owner = try row.integer("window")
            guard owner == window || closed.contains(owner), let peer = UserID(try row.text("peer_id")) else {
                continue
            }
            let draft = try row.draft()
            if owner == window { own[peer] = draft } else { left[peer, default: []].append(draft) }
        }
        return left.mapValues(Draft.joined).merging(own) { $1 }
    }

    private func unsent(_ window: Int64, _ closed: [Int64]) throws -> [UnsentMessage] {
        try Row.fetchAll(database.cachedStatement(sql: "SELECT * FROM unsent ORDER BY seq"))
            .filter { row in
                let owner = try row.integer("window")
                return owner == window || closed.contains(owner)
            }
            .map(UnsentMessage.init(row:))
    }

    private func conversation(row: Row) throws -> StoredConversation {
        guard let peer = UserID(try row.text("peer_id")) else { throw Row.UnexpectedValue() }
        let ownRead: MessageID? = try row.optionalID("own_read")
        var last = try StoredMessage(row: row, user: user, peer: peer).message
        last.cursor = try row.cursor("feed_cursor")
        let entry = ConversationList.Entry(
            peer: peer, peerName: try row.optionalText("peer_name").map { UntrustedText($0) },
            product: try row.product(id: "named_id", title: "named_title"),
            lastMessage: last,
            unread: try unread(of: try row.integer("conversation"), after: ownRead))
        return StoredConversation(
            entry: entry, ownRead: ownRead,
            waitingSince: last.sender == peer ? try waitingSince(in: try row.integer("conversation")) : nil,
            products: try StoredState.products(of: try row.integer("conversation"), database))
    }

    /// When the peer wrote the first message after the user's last one.
    private func waitingSince(in conversation: Int64) throws -> Timestamp? {
        let newestFirst = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT is_own, created_at FROM messages WHERE conversation = ?
                    ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT ?
                    """),
            arguments: [conversation, StoredInbox.maxWaiting])
        var since: Timestamp?
        while let row = try newestFirst.next(), !(try row.flag("is_own")) {
            since = Timestamp(microseconds: try row.integer("created_at"))
        }
        return since
    }

    private func unread(of conversation: Int64, after messageID: MessageID?) throws -> Int {
        let mark = try messageID.flatMap { id in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT order_at, cursor, seq FROM messages WHERE conversation = ? AND id = ?"),
                arguments: [conversation, id.databaseText])
        }.map(MessagePlace.init(row:))
        let isAfterMark = mark == nil ? "" : "AND (order_at, cursor, seq) > (?, ?, ?)"
        let count = try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count(*) FROM (
                        SELECT 1 FROM messages WHERE conversation = ? AND is_own = 0 \(isAfterMark) LIMIT ?)
                    """),
            arguments: [conversation] + (mark?.arguments ?? []) + [StoredInbox.maxUnread])
        return count ?? 0
    }
}
