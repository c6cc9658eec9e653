import ChatServer
import ChatWire
import GRDB

/// A user's conversations, read from that user's rows in `conversations`. The latest comes first.
struct ConversationListQuery {
    var user: UserID
    var limit: Int

    /// Selects both users' marks as message ids, and how far each has read as a `seq`. A user who blocks the peer gets
    /// no marks of the peer, and neither does one towards whom the peer's marks have stopped. A read mark names a message
    /// of the other user. The peer's marks are read from the table even while it is not settled, because no message
    /// changes them.
    private static func marks(_ condition: String) -> String {
        """
        SELECT own.user_id AS user_id, own.peer_id AS peer_id, own.last_at AS last_at,
            own.last_seq AS last_seq,
            own.read_seq AS own_read_seq, peer.read_seq AS peer_read_seq,
            (SELECT id FROM messages WHERE seq = own.delivered_seq) AS own_delivered,
            \(readMessage(of: "own")) AS own_read,
            (SELECT id FROM messages WHERE seq = peer.delivered_seq) AS peer_delivered,
            \(readMessage(of: "peer")) AS peer_read
        FROM (SELECT * FROM conversations WHERE user_id = :user AND \(condition)) AS own
        LEFT JOIN main.conversations AS peer ON peer.user_id = own.peer_id AND peer.peer_id = own.user_id
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.user_id = own.user_id AND blocked_id = own.peer_id)
            AND NOT EXISTS (
                SELECT 1 FROM stopped_marks
                WHERE stopped_marks.user_id = own.peer_id AND stopped_marks.peer_id = own.user_id)
        ORDER BY own.last_seq DESC
        """
    }

    /// The id of the message that a read mark names. One that an earlier version set on a message of the reader's own
    /// names none.
    private static func readMessage(of side: String) -> String {
        """
        (SELECT id FROM messages
            WHERE seq = coalesce(\(side).read_peer_seq, \(side).read_seq) AND sender_id = \(side).peer_id)
        """
    }

    func entries(_ database: Database) throws -> [ConversationList.Entry] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(MessageColumn.all(of: "last")), own.peer_id, \(KeptProfiles.name) AS peer_name,
                        CASE WHEN named.seq IS NULL THEN own.product_id ELSE named.product_id END AS named_id,
                        CASE WHEN named.seq IS NULL THEN own.product_title ELSE named.product_title END AS named_title,
                        EXISTS (
                            SELECT 1 FROM blocks WHERE blocks.user_id = :user AND blocked_id = own.peer_id
                        ) AS is_blocked, unread
                    FROM (
                        SELECT * FROM conversations WHERE user_id = :user ORDER BY last_seq DESC LIMIT :limit
                    ) AS own CROSS JOIN messages AS last ON last.seq = own.last_seq
                    LEFT JOIN messages AS named ON named.seq = own.product_seq
                    LEFT JOIN users ON users.id = own.peer_id
                    LEFT JOIN kept_profiles AS kept ON kept.user_id = :user AND kept.peer_id = own.peer_id
                    ORDER BY own.last_seq DESC
                    """),
            arguments: ["user": user, "limit": max(0, limit)])
        return try Array(rows.map(ConversationList.Entry.init(row:))).map { entry in
            guard let id = entry.product?.id, entry.product?.title == nil else { return entry }
            var entry = entry
            entry.product?.title = try title(of: id, with: entry.peer, database)
            return entry
        }
    }

    /// The title that the newest messages name for a product. Whoever names a product by its id alone does not take its
    /// title away.
    private func title(of product: String, with peer: UserID, _ database: Database) throws -> UntrustedText? {
        if product.containsNUL { return nil }  // GRDB would look for the text before the NUL
        let places = try ConversationQuery.chains(of: user, with: peer, database)
            .flatMap { try $0.newest(limit: Product.titleReach).map(\.seq) }
            .sorted(by: >).prefix(Product.titleReach)
        return try UntrustedText.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT product_title FROM \(SeqList.table) CROSS JOIN messages USING (seq)
                    WHERE product_id = :product AND product_title IS NOT NULL ORDER BY page.number LIMIT 1
                    """),
            arguments: ["product": product, "places": SeqList.text(places)])
    }

    func marks(in range: ConversationRange, since: Timestamp, _ database: Database) throws -> MarksPage {
        let limit = max(0, limit)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: Self.marks("last_seq > :after AND last_seq < :before ORDER BY last_seq DESC LIMIT :limit")),
            arguments: ["user": user, "after": range.after ?? -1, "before": range.before ?? .max, "limit": limit])
        // The time is not a condition of the query: SQLite would then scan all older conversations.
        var recent: [ConversationMarks] = []
        var places: [Int] = []
        while let row = try rows.next() {
            places.append(try row.decode(forColumn: "last_seq"))
            let lastTime: Timestamp = try row.decode(forColumn: "last_at")
            if lastTime >= since { recent.append(try ConversationSides(row: row).marks) }
        }
        return MarksPage(
            marks: recent, newest: places.first, oldest: places.last,
            hasMore: places.count == limit && !recent.isEmpty)
    }

    /// Nil if the two have no conversation yet.
    static func sides(of user: UserID, with peer: UserID, _ database: Database) throws -> ConversationSides? {
        let statement = try database.cachedStatement(
            sql: marks("peer_id = :peer"))
        return try Row.fetchOne(statement, arguments: ["user": user, "peer": peer])
            .map(ConversationSides.init(row:))
    }
}

/// A conversation's marks, of both users.
struct ConversationSides {
    var marks: ConversationMarks
    /// The `seq` up to which each user has read.
    var ownReadSeq: Int64?
    var peerReadSeq: Int64?

    init(of user: UserID, with peer: UserID) {
        marks = ConversationMarks(own: ConversationMark(user: user), peer: ConversationMark(user: peer))
    }

    init(row: Row) throws {
        marks = ConversationMarks(
            own: ConversationMark(
                user: try row.decode(forColumn: "user_id"), delivered: try row.decode(forColumn: "own_delivered"),
                read: try row.decode(forColumn: "own_read")),
            peer: ConversationMark(
                user: try row.decode(forColumn: "peer_id"), delivered: try row.decode(forColumn: "peer_delivered"),
                read: try row.decode(forColumn: "peer_read")))
        ownReadSeq = try row.decode(forColumn: "own_read_seq")
        peerReadSeq = try row.decode(forColumn: "peer_read_seq")
    }

    /// Whether the receiver has read the message at `seq`.
    func haveRead(_ seq: Int64, by receiver: UserID) -> Bool {
        let mark = receiver == marks.own.user ? ownReadSeq : peerReadSeq
        return mark.map { seq <= $0 } ?? false
    }
}
