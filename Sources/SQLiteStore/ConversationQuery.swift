import ChatServer
import ChatWire
import GRDB

/// One page of the conversation of two users.
struct ConversationQuery {
    var user: UserID
    var peer: UserID
    /// If set, only messages before the one with this id.
    var before: MessageID?
    var limit: Int
    var ids: MessageIDCipher

    func page(_ database: Database) throws -> HistoryPage {
        let sides = try ConversationListQuery.sides(of: user, with: peer, database)
        let marks = (sides ?? ConversationSides(of: user, with: peer)).marks
        var page = HistoryPage(messages: [], hasMore: false, marks: [marks.own, marks.peer])
        guard let last = try lastPlace(database) else { return page }
        let limit = min(max(0, limit), Int.max - 1)
        // One more than was asked for, to know whether there are more.
        let places = try Self.chains(of: user, with: peer, database)
            .flatMap { try $0.newest(upTo: last, limit: limit + 1).map(\.seq) }
            .sorted(by: >).prefix(limit + 1)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(MessageColumn.all(of: "messages")),
                        iif(receiver_cursor > 0, messages.seq,
                            (SELECT seq FROM deliveries WHERE deliveries.id = messages.id)) AS receivers_seq,
                        \(KeptProfiles.name) AS sender_name, \(KeptProfiles.avatar) AS avatar_url
                    FROM \(SeqList.table) CROSS JOIN messages USING (seq)
                    LEFT JOIN users ON users.id = sender_id
                    LEFT JOIN kept_profiles AS kept ON kept.user_id = :user AND kept.peer_id = sender_id
                    ORDER BY page.number
                    """),
            arguments: ["user": user, "places": SeqList.text(places)])
        let newestFirst = try Array(rows.map { try HistoryPage.Entry(row: $0, for: user, sides) })
        page.messages = newestFirst.prefix(limit).reversed()
        page.hasMore = newestFirst.count > limit
        return page
    }

    /// The chain that both users see, and the chain that the user alone sees.
    static func chains(of user: UserID, with peer: UserID, _ database: Database) throws -> [ConversationChain] {
        let own = ConversationChain.Visibility(of: user, notOf: peer)
        return try [.both, own].map { try ConversationChain(user, peer, visibleTo: $0, database) }
    }

    /// The `seq` that the page ends at. Nil if the conversation has no message `before`.
    private func lastPlace(_ database: Database) throws -> Int64? {
        guard let before else { return .max }
        return try Self.seq(of: before, of: user, with: peer, ids, database).map { $0 - 1 }
    }

    /// A message's `seq`, or nil if the user sees no message of this id in the conversation.
    static func seq(
        of messageID: MessageID, of user: UserID, with peer: UserID, _ ids: MessageIDCipher, _ database: Database
    ) throws -> Int64? {
        if messageID.wire.containsNUL { return nil }  // GRDB would look for the text before the NUL
        let sent = "coalesce((SELECT seq FROM message_ids WHERE id = :id), :place)"
        let arguments: StatementArguments = [
            "id": messageID, "place": ids.seq(of: messageID), "user": user, "peer": peer,
        ]
        let place = try Int64.fetchOne(database.cachedStatement(sql: find(at: sent)), arguments: arguments)
        if let place { return place }
        // A message that was delivered after a block is somewhere else for its receiver.
        let delivered = "(SELECT seq FROM deliveries WHERE id = :id)"
        return try Int64.fetchOne(
            database.cachedStatement(sql: find(at: delivered)),
            arguments: ["id": messageID, "user": user, "peer": peer])
    }

    private static func find(at place: String) -> String {
        """
        SELECT seq FROM messages
        WHERE seq = \(place) AND id = :id AND (
            sender_id = :user AND receiver_id = :peer AND sender_cursor > 0
            OR sender_id = :peer AND receiver_id = :user AND receiver_cursor > 0)
        """
    }
}
