import ChatClient
import ChatWire
import GRDB

// The messages of one conversation, and the gaps between them.

extension StoreTransaction {
    func find(_ messageID: String, in conversation: Int64) throws -> Row? {
        try row(
            "SELECT * FROM messages WHERE conversation = ? AND id = ?", [conversation, messageID.databaseText])
    }

    func setJoined(_ conversation: Int64) throws {
        try run("UPDATE conversations SET is_joined = 1 WHERE id = ? AND is_joined = 0", [conversation])
    }

    /// A message of the feed.
    func receive(_ stored: StoredMessage, in conversation: Int64) throws {
        if let known = try find(stored.message.id, in: conversation) {
            _ = try complete(known, with: stored)
            return
        }
        // Nothing came later than this one, so it goes behind all of its time and cursor.
        let place = MessagePlace(createdAt: stored.message.createdAt, cursor: stored.storedCursor, arrival: .max)
        let previous = try neighbour(before: place, in: conversation)
        let arrival = Arrival(
            cursor: place.cursor, previousCursor: previous?.cursor,
            isNewest: try neighbour(after: place, in: conversation) == nil,
            isJoined: try row("SELECT is_joined FROM conversations WHERE id = ?", [conversation])?.flag("is_joined")
                ?? false,
            position: position)
        _ = try insert(stored, into: conversation, followsGap: arrival.followsGap)
        if arrival.joins { try setJoined(conversation) }
    }

    /// A run without holes. True where it ends with the newest message.
    func join(_ run: [StoredMessage], hasOlder: Bool, in conversation: Int64) throws -> Bool {
        var members: [(place: MessagePlace, wasHere: Bool, followedGap: Bool)] = []
        for stored in run {
            if let known = try find(stored.message.id, in: conversation) {
                members.append((try complete(known, with: stored), true, try known.flag("follows_gap")))
            } else {
                members.append((try insert(stored, into: conversation, followsGap: false), false, false))
            }
        }
        guard let first = members.min(by: { $0.place < $1.place }), let last = members.map(\.place).max() else {
            return false
        }
        let start = RunStart(
            wasHere: first.wasHere, followedGap: first.followedGap,
            hasPrevious: try neighbour(before: first.place, in: conversation) != nil)
        let next = try neighbour(after: last, in: conversation)
        try closeGaps(after: first.place, upTo: next ?? last, in: conversation)
        try self.run(
            "UPDATE messages SET follows_gap = ? WHERE seq = ?",
            [start.followsGap(hasOlder: hasOlder), first.place.arrival])
        if next == nil { try setJoined(conversation) }
        return next == nil
    }

    /// The server has nothing.
    func joinNothing(in conversation: Int64) throws {
        if try row("SELECT 1 FROM messages WHERE conversation = ? LIMIT 1", [conversation]) == nil {
            try setJoined(conversation)
        }
    }

    private func closeGaps(after first: MessagePlace, upTo last: MessagePlace, in conversation: Int64) throws {
        try run(
            """
            UPDATE messages SET follows_gap = 0
            WHERE conversation = ? AND follows_gap = 1
                AND (created_at, cursor, seq) > (?, ?, ?) AND (created_at, cursor, seq) <= (?, ?, ?)
            """,
            [conversation] + first.arguments + last.arguments)
    }

    private func neighbour(before place: MessagePlace, in conversation: Int64) throws -> MessagePlace? {
        try row(
            """
            SELECT created_at, cursor, seq FROM messages
            WHERE conversation = ? AND (created_at, cursor, seq) < (?, ?, ?)
            ORDER BY created_at DESC, cursor DESC, seq DESC LIMIT 1
            """,
            [conversation] + place.arguments
        ).map(MessagePlace.init(row:))
    }

    private func neighbour(after place: MessagePlace, in conversation: Int64) throws -> MessagePlace? {
        try row(
            """
            SELECT created_at, cursor, seq FROM messages
            WHERE conversation = ? AND (created_at, cursor, seq) > (?, ?, ?)
            ORDER BY created_at, cursor, seq LIMIT 1
            """,
            [conversation] + place.arguments
        ).map(MessagePlace.init(row:))
    }

    private func insert(
        _ stored: StoredMessage, into conversation: Int64, followsGap: Bool
    ) throws -> MessagePlace {
        let message = stored.message
        try run(
            """
            INSERT INTO messages (
                conversation, id, is_own, message_text, created_at, cursor, client_message_id, product_id, product_title,
                follows_gap
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                conversation, message.id.databaseText, message.sender == user, message.text.wire.databaseText,
                message.createdAt.microseconds, stored.storedCursor, stored.clientMessageID?.databaseText,
                stored.product?.id?.databaseText, stored.product?.title?.wire.databaseText, followsGap,
            ])
        return MessagePlace(
            createdAt: message.createdAt, cursor: stored.storedCursor, arrival: database.lastInsertedRowID)
    }

    /// Adds what the message that is here lacked, and tells where it is then.
    private func complete(_ known: Row, with stored: StoredMessage) throws -> MessagePlace {
        var place = try MessagePlace(row: known)
        let clientID = try known.optionalText("client_message_id")
        let lacksCursor = place.cursor == 0 && stored.storedCursor > 0
        let lacksID = clientID == nil && stored.clientMessageID != nil
        guard lacksCursor || lacksID else { return place }
        if lacksCursor { place.cursor = stored.storedCursor }
        try run(
            "UPDATE messages SET cursor = ?, client_message_id = ? WHERE seq = ?",
            [place.cursor, (clientID ?? stored.clientMessageID)?.databaseText, place.arrival])
        return place
    }
}

extension StoredMessage {
    /// 0 where there is none.
    fileprivate var storedCursor: Int { max(0, cursor ?? 0) }
}
