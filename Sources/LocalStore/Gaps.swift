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
                    SELECT messages.id AS id, peer_id
                    FROM messages INDEXED BY messages_after_gaps
                    JOIN conversations ON conversations.id = messages.conversation
                    WHERE follows_gap = 1 ORDER BY order_at DESC, peer_id DESC, cursor DESC, seq DESC
                    """))
        while let row = try rows.next() {
            let id: MessageID = try row.id("id")
            guard !skipped.contains(id) else { continue }
            guard let peer = UserID(try row.text("peer_id")) else { throw Row.UnexpectedValue() }
            return StoredGap(peer: peer, before: id)
        }
        return nil
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
