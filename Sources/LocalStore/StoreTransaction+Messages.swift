import ChatClient
import ChatWire
import GRDB

// Stores the messages of a conversation and tracks the gaps between them.

extension StoreTransaction {
    func find(_ messageID: MessageID, in conversation: Int64) throws -> Row? {
        try row(
            "SELECT * FROM messages WHERE conversation = ? AND id = ?", [conversation, messageID.databaseText])
    }

    func setJoined(_ conversation: Int64) throws {
        try run("UPDATE conversations SET is_joined = 1 WHERE id = ? AND is_joined = 0", [conversation])
    }

    /// Stores a message of the feed.
    func receive(_ stored: StoredMessage, in conversation: Int64) throws {
        if let known = try find(stored.message.id, in: conversation) {
            _ = try complete(known, with: stored)
            return
        }
        let wanted = MessagePlace(stored, arrival: try nextSeq())
        let upper = try nextInFeed(after: wanted.cursor, in: conversation)
        let place = wanted.clamped(
            after: try upper == nil
                ? newest(in: conversation) : previousInFeed(before: wanted.cursor, in: conversation),
            before: upper)
        let previous = try previous(before: place, in: conversation)
        let insertion = FeedInsertion(
            cursor: place.cursor, previous: previous,
            isNewest: try next(after: place, in: conversation) == nil,
            isJoined: try row("SELECT is_joined FROM conversations WHERE id = ?", [conversation])?.flag("is_joined")
                ?? false,
            position: position)
        _ = try insert(stored, at: place, into: conversation, followsGap: insertion.followsGap)
        if insertion.joins { try setJoined(conversation) }
    }

    /// Stores a run of messages without gaps.
    /// - Returns: whether the run ends with the newest message.
    func join(_ run: [StoredMessage], hasOlder: Bool, in conversation: Int64) throws -> Bool {
        let members = try put(run, into: conversation)
        guard let first = members.min(by: { $0.place < $1.place }), let last = members.map(\.place).max() else {
            return false
        }
        let start = RunStart(
            wasHere: first.wasHere, followedGap: first.followedGap,
            hasPrevious: try previous(before: first.place, in: conversation) != nil)
        let next = try next(after: last, in: conversation)
        try closeGaps(after: first.place, upTo: next ?? last, in: conversation)
        try self.run(
            "UPDATE messages SET follows_gap = ? WHERE seq = ?",
            [start.followsGap(hasOlder: hasOlder), first.place.arrival])
        if next == nil { try setJoined(conversation) }
        return next == nil
    }

    private typealias Member = (place: MessagePlace, wasHere: Bool, followedGap: Bool)

    private func put(_ run: [StoredMessage], into conversation: Int64) throws -> [Member] {
        let known = try run.map { try find($0.message.id, in: conversation) }
        for (stored, known) in zip(run, known) {
            guard let known else { continue }
            try correct(try complete(known, with: stored), known, with: stored)
        }
        // Places are read again, because completing a message may have moved it.
        var arrival = try nextSeq() - 1
        let wanted = try run.map { stored in
            if let row = try find(stored.message.id, in: conversation) { return try MessagePlace(row: row) }
            arrival += 1
            return MessagePlace(stored, arrival: arrival)
        }
        let places = RunPlaces(
            wanted, isHere: known.map { $0 != nil },
            after: try wanted.first.flatMap { try previousInFeed(before: $0.cursor, in: conversation) },
            before: try wanted.last.flatMap { try nextInFeed(after: $0.cursor, in: conversation) }
        ).places
        return try run.indices.map { index in
            guard let known = known[index] else {
                return (try insert(run[index], at: places[index], into: conversation, followsGap: false), false, false)
            }
            if places[index] != wanted[index] { try move(to: places[index]) }
            return (places[index], true, try known.flag("follows_gap"))
        }
    }

    /// Notes that the server has no messages of this conversation.
    func joinEmpty(in conversation: Int64) throws {
        if try row("SELECT 1 FROM messages WHERE conversation = ? LIMIT 1", [conversation]) == nil {
            try setJoined(conversation)
        }
    }

    private func closeGaps(after first: MessagePlace, upTo last: MessagePlace, in conversation: Int64) throws {
        try run(
            """
            UPDATE messages SET follows_gap = 0
            WHERE conversation = ? AND follows_gap = 1
                AND (order_at, cursor, seq) > (?, ?, ?) AND (order_at, cursor, seq) <= (?, ?, ?)
            """,
            [conversation] + first.arguments + last.arguments)
    }

    private func previous(before place: MessagePlace, in conversation: Int64) throws -> MessagePlace? {
        try row(
            """
            SELECT order_at, cursor, seq FROM messages
            WHERE conversation = ? AND (order_at, cursor, seq) < (?, ?, ?)
            ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT 1
            """,
            [conversation] + place.arguments
        ).map(MessagePlace.init(row:))
    }

    private func next(after place: MessagePlace, in conversation: Int64) throws -> MessagePlace? {
        try row(
            """
            SELECT order_at, cursor, seq FROM messages
            WHERE conversation = ? AND (order_at, cursor, seq) > (?, ?, ?)
            ORDER BY order_at, cursor, seq LIMIT 1
            """,
            [conversation] + place.arguments
        ).map(MessagePlace.init(row:))
    }

    /// The `seq` that SQLite gives the next row.
    func nextSeq() throws -> Int64 {
        try row("SELECT coalesce(max(seq), 0) + 1 AS next FROM messages", [])?.integer("next") ?? 1
    }

    private func newest(in conversation: Int64) throws -> MessagePlace? {
        try row(
            """
            SELECT order_at, cursor, seq FROM messages WHERE conversation = ?
            ORDER BY order_at DESC, cursor DESC, seq DESC LIMIT 1
            """, [conversation]
        ).map(MessagePlace.init(row:))
    }

    /// The feed's message with the next higher cursor; nil without a cursor.
    private func nextInFeed(after cursor: Int?, in conversation: Int64) throws -> MessagePlace? {
        guard let cursor else { return nil }
        return try row(
            """
            SELECT order_at, cursor, seq FROM messages
            WHERE conversation = ? AND cursor > ? AND seq > ? ORDER BY cursor, seq LIMIT 1
            """, [conversation, cursor, feedStartsAfter]
        ).map(MessagePlace.init(row:))
    }

    private func previousInFeed(before cursor: Int?, in conversation: Int64) throws -> MessagePlace? {
        guard let cursor else { return nil }
        return try row(
            """
            SELECT order_at, cursor, seq FROM messages
            WHERE conversation = ? AND cursor > 0 AND cursor < ? AND seq > ? ORDER BY cursor DESC, seq DESC LIMIT 1
            """, [conversation, cursor, feedStartsAfter]
        ).map(MessagePlace.init(row:))
    }

    private func insert(
        _ stored: StoredMessage, at place: MessagePlace, into conversation: Int64, followsGap: Bool
    ) throws -> MessagePlace {
        let message = stored.message
        if let product = stored.product { try named(product, at: message.createdAt, in: conversation) }
        try insert(
            into: "messages",
            [
                "conversation": conversation, "id": message.id.databaseText, "is_own": message.sender == user,
                "message_text": message.text.wire.databaseText, "created_at": message.createdAt.microseconds,
                "order_at": place.orderedAt.microseconds, "cursor": place.cursor ?? 0,
                "client_message_id": stored.clientMessageID?.databaseText,
                "product_id": stored.product?.id?.databaseText,
                "product_title": stored.product?.title?.wire.databaseText, "follows_gap": followsGap,
            ])
        let seq = database.lastInsertedRowID
        try SearchIndex(database: database).add(seq, message.text, at: message.createdAt)
        return MessagePlace(orderedAt: place.orderedAt, cursor: place.cursor, arrival: seq)
    }

    /// Adds the cursor, the client message id and the product to a stored message that lacks them.
    /// - Returns: its place, which the cursor may have moved.
    private func complete(_ known: Row, with stored: StoredMessage) throws -> MessagePlace {
        var place = try MessagePlace(row: known)
        let clientID: ClientMessageID? = try known.optionalID("client_message_id")
        let newCursor = place.cursor == nil ? stored.feedCursor : nil
        let lacksID = clientID == nil && stored.clientMessageID != nil
        let (product, added) = (try known.product(), try addedProduct(to: known, with: stored))
        guard newCursor != nil || lacksID || added != product else { return place }
        if let cursor = newCursor {
            let conversation = try known.integer("conversation")
            place.cursor = cursor
            place = place.clamped(
                after: try previousInFeed(before: cursor, in: conversation),
                before: try nextInFeed(after: cursor, in: conversation))
        }
        try run(
            """
            UPDATE messages SET order_at = ?, cursor = ?, client_message_id = ?, product_id = ?, product_title = ?
            WHERE seq = ?
            """,
            [
                place.orderedAt.microseconds, place.cursor ?? 0, (clientID ?? stored.clientMessageID)?.databaseText,
                added?.id?.databaseText, added?.title?.wire.databaseText, place.arrival,
            ])
        return place
    }

    /// The product of a stored message with what the same message tells now.
    private func addedProduct(to known: Row, with stored: StoredMessage) throws -> Product? {
        let product = try known.product()
        let added = Product.completed(product, with: stored.product)
        if let added, added != product {
            let time = Timestamp(microseconds: try known.integer("created_at"))
            try named(added, at: time, in: known.integer("conversation"))
        }
        return added
    }

    /// Corrects the time of a message that has no cursor to the server's time.
    private func correct(_ place: MessagePlace, _ known: Row, with stored: StoredMessage) throws {
        let time = stored.message.createdAt.microseconds
        let old = try known.integer("created_at")
        guard place.cursor == nil, old != time else { return }
        try run("UPDATE messages SET created_at = ?, order_at = ? WHERE seq = ?", [time, time, place.arrival])
        try SearchIndex(database: database).move(
            place.arrival, UntrustedText(known.text("message_text")), from: Timestamp(microseconds: old),
            to: stored.message.createdAt)
    }

    private func move(to place: MessagePlace) throws {
        try run("UPDATE messages SET order_at = ? WHERE seq = ?", [place.orderedAt.microseconds, place.arrival])
    }
}
