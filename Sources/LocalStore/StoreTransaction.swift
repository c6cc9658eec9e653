import ChatClient
import ChatWire
import GRDB

/// Applies changes within one transaction.
///
/// The feed's position and the conversations' numbers are read once and then kept. That is safe because the transaction
/// holds the only write lock.
struct StoreTransaction {
    let database: Database
    let user: UserID
    let window: Int64
    var position: FeedPosition?
    /// Conversations whose newest messages came as a page in this transaction.
    private var paged: Set<Int64> = []
    private var conversations: [UserID: Int64] = [:]
    /// Messages with a `seq` up to this have cursors of another feed.
    private(set) var feedStartsAfter: Int64

    init(_ database: Database, user: UserID, window: Int64) throws {
        self.database = database
        self.user = user
        self.window = window
        position = try FeedPosition.stored(database)
        feedStartsAfter =
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT begins_behind FROM feed")) ?? 0
    }

    mutating func make(_ changes: [StoreChange]) throws {
        // Messages before the `restart` in the list belong to the new feed, too.
        if position.map({ changes.beginsAnotherFeed(than: $0) }) ?? false { feedStartsAfter = try nextSeq() - 1 }
        for change in changes { try make(change) }
    }

    private mutating func make(_ change: StoreChange) throws {
        switch change {
        case .enqueue(let message): try enqueue(message)
        case .setState(let state, let id):
            try run("UPDATE unsent SET state = ? WHERE id = ?", [state.rawValue, id.databaseText])
        case .disown(let id): try run("UPDATE unsent SET window = 0 WHERE id = ?", [id.databaseText])
        case .removeUnsent(let id): try run("DELETE FROM unsent WHERE id = ?", [id.databaseText])
        case .message(let stored): try receive(stored)
        case .page(let run, let peer, let hasOlder): try join(run, peer, hasOlder)
        case .beginning(let messageID, let peer):
            try run(
                "UPDATE messages SET follows_gap = 0 WHERE conversation = ? AND id = ?",
                [conversation(with: peer), messageID.databaseText])
        case .advance(let position): try advance(to: position)
        case .restart(let position): try restart(at: position)
        case .listLoaded: try run("UPDATE account SET list_loaded = 1 WHERE list_loaded = 0", [])
        case .mark(let mark, let peer): try move(mark, peer)
        case .draft(let draft, let peer): try setDraft(draft, peer)
        case .profile(let name, let product, let peer): try setProfile(name, product, peer)
        case .flag(let flag, let isSet, let peer, let last): try set(flag, isSet, of: peer, last: last)
        }
    }

    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Inserts a row.
    /// - Parameters:
    ///   - values: The columns' names and values.
    ///   - conflict: SQL that follows the row, such as an upsert clause.
    func insert(
        into table: String, _ values: KeyValuePairs<String, (any DatabaseValueConvertible)?>, replacing: Bool = false,
        conflict: String = ""
    ) throws {
        let names = values.map(\.key).joined(separator: ", ")
        let places = values.map { _ in "?" }.joined(separator: ", ")
        let verb = replacing ? "INSERT OR REPLACE" : "INSERT"
        try run(
            "\(verb) INTO \(table) (\(names)) VALUES (\(places)) \(conflict)", StatementArguments(values.map(\.value)))
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }

    // MARK: - Unsent messages and drafts

    private func enqueue(_ message: UnsentMessage) throws {
        try insert(
            into: "unsent",
            [
                "id": message.id.databaseText, "window": window, "receiver_id": message.receiver.wire.databaseText,
                "message_text": message.text.databaseText, "product_id": message.product?.id?.databaseText,
                "product_title": message.product?.title?.wire.databaseText,
                "created_at": message.createdAt.microseconds, "state": message.state.rawValue,
            ],
            conflict: """
                ON CONFLICT (id) DO UPDATE SET
                    window = excluded.window, receiver_id = excluded.receiver_id, message_text = excluded.message_text,
                    product_id = excluded.product_id, product_title = excluded.product_title,
                    created_at = excluded.created_at, state = excluded.state
                """)
    }

    /// Inserts a new row each time, so that `seq` orders the drafts by their last change.
    private func setDraft(_ draft: Draft, _ peer: UserID) throws {
        try run("DELETE FROM drafts WHERE window = ? AND peer_id = ?", [window, peer.wire.databaseText])
        if draft.isEmpty { return }
        try insert(
            into: "drafts",
            [
                "window": window, "peer_id": peer.wire.databaseText, "draft_text": draft.text.databaseText,
                "product_id": draft.product?.id?.databaseText,
                "product_title": draft.product?.title?.wire.databaseText,
            ])
    }

    // MARK: - Conversations

    /// The conversation's number. Inserts the conversation if there is none.
    private mutating func conversation(with peer: UserID) throws -> Int64 {
        if let known = conversations[peer] { return known }
        let name = peer.wire.databaseText
        let found = try row("SELECT id FROM conversations WHERE peer_id = ?", [name])?.integer("id")
        if found == nil { try insert(into: "conversations", ["peer_id": name]) }
        let id = found ?? database.lastInsertedRowID
        conversations[peer] = id
        return id
    }

    private mutating func setProfile(_ name: UntrustedText?, _ product: Product?, _ peer: UserID) throws {
        let id = try conversation(with: peer)
        if let name {
            try run("UPDATE conversations SET peer_name = ? WHERE id = ?", [name.wire.databaseText, id])
        }
        guard let product = try product.map({ try named($0, at: nil, in: id) }) else { return }
        try run(
            "UPDATE conversations SET product_id = ?, product_title = ? WHERE id = ?",
            [product.id?.databaseText, product.title?.wire.databaseText, id])
    }

    private mutating func move(_ mark: ConversationMark, _ peer: UserID) throws {
        guard mark.user == user || mark.user == peer else { return }
        let id = try conversation(with: peer)
        let isOwn = mark.user == user
        let known = try row("SELECT * FROM marks WHERE conversation = ? AND is_own = ?", [id, isOwn])
            .map { try ConversationMark(row: $0, user: mark.user) }
        let moved = try (known ?? ConversationMark(user: mark.user)).moved(by: mark) { messageID in
            try find(messageID, in: id).map { try MessagePlace(row: $0) }
        }
        try insert(
            into: "marks",
            [
                "conversation": id, "is_own": isOwn, "delivered": moved.delivered?.databaseText,
                "read": moved.read?.databaseText,
            ], replacing: true)
    }

    // MARK: - The feed

    private mutating func receive(_ stored: StoredMessage) throws {
        guard stored.message.sender == user || stored.message.receiver == user else { return }
        try receive(stored, in: conversation(with: stored.message.peer(of: user)))
    }

    private mutating func join(_ run: [StoredMessage], _ peer: UserID, _ hasOlder: Bool) throws {
        let run = run.ofConversation(user, peer)
        if run.isEmpty {
            if !hasOlder, position == nil { try joinEmpty(in: conversation(with: peer)) }
            return
        }
        let id = try conversation(with: peer)
        if try join(run, hasOlder: hasOlder, in: id) { paged.insert(id) }
    }

    private mutating func advance(to new: FeedPosition) throws {
        guard let position, position.epoch == new.epoch, position.cursor <= new.cursor else { return }
        try store(new)
    }

    private mutating func restart(at new: FeedPosition) throws {
        try store(new)
        try run("UPDATE conversations SET is_joined = 0 WHERE is_joined = 1", [])
        for id in paged { try setJoined(id) }
    }

    private mutating func store(_ new: FeedPosition) throws {
        position = new
        try insert(
            into: "feed",
            [
                "id": 1, "epoch": new.epoch.databaseText, "cursor": new.cursor,
                "message_id": new.messageID?.databaseText, "begins_behind": feedStartsAfter,
            ], replacing: true)
    }
}
