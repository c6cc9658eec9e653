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

    /// Both directions are one range of the index `messages_shared`.
    static let isInConversation = "peer_low = min(:user, :peer) AND peer_high = max(:user, :peer)"
    /// What was written to somebody who blocked its sender is the sender's alone.
    static let isKnown = "(receiver_cursor > 0 OR sender_id = :user)"

    /// The places of the newest before an end: of what both know of, and of what the user alone does. Each from the end of
    /// its index, which is named so that no other one is ever taken.
    static let newest = """
        SELECT seq FROM (
            SELECT seq FROM messages INDEXED BY messages_shared
            WHERE \(isInConversation) AND receiver_cursor > 0 AND seq < :end
            ORDER BY seq DESC LIMIT :limit)
        UNION ALL SELECT seq FROM (
            SELECT seq FROM messages INDEXED BY messages_withheld
            WHERE sender_id = :user AND receiver_id = :peer AND receiver_cursor = 0 AND seq < :end
            ORDER BY seq DESC LIMIT :limit)
        """

    func page(_ database: Database) throws -> HistoryPage {
        let sides = try ConversationListQuery.sides(of: user, with: peer, database)
        let marks = (sides ?? ConversationSides(of: user, with: peer)).marks
        var page = HistoryPage(messages: [], hasMore: false, marks: [marks.own, marks.peer])
        guard let end = try endOfPage(database) else { return page }
        let limit = min(max(0, limit), Int.max - 1)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT messages.*, \(KeptProfiles.name) AS sender_name, \(KeptProfiles.avatar) AS avatar_url
                    FROM (\(Self.newest)) AS page CROSS JOIN messages ON messages.seq = page.seq
                    LEFT JOIN users ON users.id = sender_id
                    LEFT JOIN kept_profiles AS kept ON kept.user_id = :user AND kept.peer_id = sender_id
                    ORDER BY messages.seq DESC LIMIT :limit
                    """),
            // One more than asked for, to know whether there are more.
            arguments: ["user": user, "peer": peer, "end": end, "limit": limit + 1])
        let newestFirst = try Array(rows.map { try HistoryPage.Entry(row: $0, for: user, sides) })
        page.messages = newestFirst.prefix(limit).reversed()
        page.hasMore = newestFirst.count > limit
        return page
    }

    /// The place before which the page ends, or nil where this conversation has no message `before`.
    private func endOfPage(_ database: Database) throws -> Int64? {
        guard let before else { return .max }
        return try Self.seq(of: before, of: user, with: peer, database)
    }

    /// A message's place in the commit order, or nil where the user knows of none of this id with the peer.
    static func seq(of messageID: String, of user: UserID, with peer: UserID, _ database: Database) throws -> Int64? {
        if messageID.utf8.contains(0) { return nil }  // GRDB would look for what stands before it
        let statement = try database.cachedStatement(
            sql: "SELECT seq FROM messages WHERE id = :id AND \(isInConversation) AND \(isKnown)")
        return try Int64.fetchOne(statement, arguments: ["id": messageID, "user": user, "peer": peer])
    }
}
