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

    /// Of `conversation_places`: both directions are one range.
    private static let isOfBoth = "peer_low = min(:user, :peer) AND peer_high = max(:user, :peer)"
    /// What both know of.
    static let isShared = "\(isOfBoth) AND known_to = 0"
    /// What was written to somebody who blocked its sender is the sender's alone.
    private static let toUser = "CASE WHEN :user < :peer THEN 1 ELSE 2 END"

    /// Places of what both know of and of what the user alone does, each from one range: `order` says from which end, and how
    /// many of each.
    static func places(knownTo: [String] = ["0", toUser], where condition: String = "true", _ order: String) -> String {
        knownTo.map { known in
            """
            SELECT seq FROM (
                SELECT seq FROM conversation_places
                WHERE \(isOfBoth) AND known_to = \(known) AND \(condition)
                \(order))
            """
        }.joined(separator: " UNION ALL ")
    }

    /// The newest before an end.
    static let newest = places(where: "seq < :end", "ORDER BY seq DESC LIMIT :limit")

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
            sql: """
                SELECT seq FROM message_ids CROSS JOIN messages USING (seq)
                WHERE message_ids.id = :id AND (
                    sender_id = :user AND receiver_id = :peer
                    OR sender_id = :peer AND receiver_id = :user AND receiver_cursor > 0)
                """)
        return try Int64.fetchOne(statement, arguments: ["id": messageID, "user": user, "peer": peer])
    }
}
