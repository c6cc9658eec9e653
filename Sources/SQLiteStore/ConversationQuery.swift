import ChatServer
import ChatWire
import GRDB

/// One page of what two users wrote each other.
struct ConversationQuery {
    var user: UserID
    var peer: UserID
    /// Only messages before the one of this id.
    var before: MessageID?
    var limit: Int
    var ids: PlaceCipher

    func page(_ database: Database) throws -> HistoryPage {
        let sides = try ConversationListQuery.sides(of: user, with: peer, database)
        let marks = (sides ?? ConversationSides(of: user, with: peer)).marks
        var page = HistoryPage(messages: [], hasMore: false, marks: [marks.own, marks.peer])
        guard let last = try lastPlace(database) else { return page }
        let limit = min(max(0, limit), Int.max - 1)
        // One more than asked for, to know whether there are more.
        let places = try Self.chains(of: user, with: peer, database)
            .flatMap { try $0.newest(upTo: last, limit: limit + 1).map(\.seq) }
            .sorted(by: >).prefix(limit + 1)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(MessageColumn.all(of: "messages")),
                        \(KeptProfiles.name) AS sender_name, \(KeptProfiles.avatar) AS avatar_url
                    FROM \(Places.table) CROSS JOIN messages USING (seq)
                    LEFT JOIN users ON users.id = sender_id
                    LEFT JOIN kept_profiles AS kept ON kept.user_id = :user AND kept.peer_id = sender_id
                    ORDER BY page.number
                    """),
            arguments: ["user": user, "places": Places.text(places)])
        let newestFirst = try Array(rows.map { try HistoryPage.Entry(row: $0, for: user, sides) })
        page.messages = newestFirst.prefix(limit).reversed()
        page.hasMore = newestFirst.count > limit
        return page
    }

    /// What both know of, and what the user alone does.
    static func chains(of user: UserID, with peer: UserID, _ database: Database) throws -> [ConversationChain] {
        let own = ConversationChain.Knowers(of: user, notOf: peer)
        return try [.both, own].map { try ConversationChain(user, peer, knownTo: $0, database) }
    }

    /// The place of the page's last message at most, or nil where this conversation has no message `before`.
    private func lastPlace(_ database: Database) throws -> Int64? {
        guard let before else { return .max }
        return try Self.seq(of: before, of: user, with: peer, ids, database).map { $0 - 1 }
    }

    /// A message's place in the commit order, or nil where the user knows of none of this id with the peer.
    static func seq(
        of messageID: MessageID, of user: UserID, with peer: UserID, _ ids: PlaceCipher, _ database: Database
    ) throws -> Int64? {
        if messageID.wire.containsNUL { return nil }  // GRDB would look for what stands before it
        let statement = try database.cachedStatement(
            sql: """
                SELECT seq FROM messages
                WHERE seq = coalesce((SELECT seq FROM message_ids WHERE id = :id), :place) AND id = :id AND (
                    sender_id = :user AND receiver_id = :peer
                    OR sender_id = :peer AND receiver_id = :user AND receiver_cursor > 0)
                """)
        return try Int64.fetchOne(
            statement, arguments: ["id": messageID, "place": ids.seq(of: messageID), "user": user, "peer": peer])
    }
}
