import ChatServer
import ChatWire
import GRDB

/// One page of what two users wrote each other.
struct ConversationQuery {
    var user: UserID
    var peer: UserID
    /// Only messages before the one of this id.
    var before: String?
    var limit: Int

    /// Both directions are one range of the index `messages_by_conversation`.
    private static let isInConversation = "peer_low = min(:user, :peer) AND peer_high = max(:user, :peer)"

    func page(_ database: Database) throws -> HistoryPage {
        guard let end = try endOfPage(database) else { return HistoryPage(messages: [], hasMore: false) }
        let limit = min(max(0, limit), Int.max - 1)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT messages.*, coalesce(nullif(name, ''), full_name) AS sender_name, avatar_url
                    FROM messages LEFT JOIN users ON users.id = sender_id
                    WHERE \(Self.isInConversation) AND seq < :end
                    ORDER BY seq DESC LIMIT :limit
                    """),
            // One more than asked for, to know whether there are more.
            arguments: ["user": user, "peer": peer, "end": end, "limit": limit + 1])
        let newestFirst = try Array(rows.map(HistoryPage.Entry.init(row:)))
        return HistoryPage(messages: newestFirst.prefix(limit).reversed(), hasMore: newestFirst.count > limit)
    }

    /// The place before which the page ends, or nil where this conversation has no message `before`.
    private func endOfPage(_ database: Database) throws -> Int64? {
        guard let before else { return .max }
        let statement = try database.cachedStatement(
            sql: "SELECT seq FROM messages WHERE id = :id AND \(Self.isInConversation)")
        return try Int64.fetchOne(statement, arguments: ["id": before, "user": user, "peer": peer])
    }

    /// When the conversation's newest message was created; nil where there is none.
    static func lastTime(of user: UserID, with peer: UserID, _ database: Database) throws -> Timestamp? {
        let statement = try database.cachedStatement(
            sql: "SELECT created_at FROM messages WHERE \(isInConversation) ORDER BY seq DESC LIMIT 1")
        return try Timestamp.fetchOne(statement, arguments: ["user": user, "peer": peer])
    }
}
