import ChatClient
import ChatWire
import GRDB

/// The places where messages are missing, within a transaction. An index has only these.
struct Gaps {
    let database: Database

    func latest(except skipped: Set<MessageID>) throws -> StoredGap? {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT messages.id AS id, peer_id, conversation, seq, cursor
                    FROM messages INDEXED BY messages_after_gaps
                    JOIN conversations ON conversations.id = messages.conversation
                    WHERE follows_gap = 1 ORDER BY order_at DESC, peer_id DESC, cursor DESC, seq DESC
                    """))
        while let row = try rows.next() {
            let id: MessageID = try row.id("id")
            guard !skipped.contains(id) else { continue }
            guard let peer = UserID(try row.text("peer_id")) else { throw Row.UnexpectedValue() }
            return StoredGap(peer: peer, before: id, pageEnd: try pageEnd(of: row, before: id))
        }
        return nil
    }

    private func pageEnd(of row: Row, before id: MessageID) throws -> MessageID? {
        let feedStartsAfter =
            try Int64.fetchOne(database.cachedStatement(sql: "SELECT begins_behind FROM feed")) ?? 0
        guard try row.integer("cursor") > 0, try row.integer("seq") > feedStartsAfter else { return id }
        return try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id FROM messages
                    WHERE conversation = ? AND cursor > ? AND seq > ? ORDER BY cursor, seq LIMIT 1
                    """),
            arguments: [try row.integer("conversation"), try row.integer("cursor"), feedStartsAfter]
        )?.id("id")
    }

    /// How many conversations have any. One look into the index for each is enough, however many there are.
    var conversations: Int {
        get throws {
            try Int.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT count(*) FROM conversations WHERE EXISTS (
                            SELECT 1 FROM messages INDEXED BY messages_after_gaps
                            WHERE conversation = conversations.id AND follows_gap = 1)
                        """)) ?? 0
        }
    }

    func isIn(_ peer: UserID) throws -> Bool {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT 1 FROM messages INDEXED BY messages_after_gaps
                    JOIN conversations ON conversations.id = messages.conversation
                    WHERE follows_gap = 1 AND peer_id = ? LIMIT 1
                    """),
            arguments: [peer.wire.databaseText]) != nil
    }
}
