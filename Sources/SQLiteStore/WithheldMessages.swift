import ChatServer
import ChatWire
import GRDB

/// The messages that a block withholds from the user who blocks.
///
/// A feed and a conversation are in the order of `seq`, so a withheld message cannot get a place among those that came
/// after it. Its delivery is a new row at the end of the log. It is in the receiver's feed, and in the chain of what only
/// the receiver sees.
struct WithheldMessages {
    /// The user who blocks.
    let user: UserID
    let sender: UserID

    /// Delivers withheld messages, the oldest first. Everything must be settled before, and settled again after it, in
    /// the same transaction.
    /// - Returns: the newest of them, and whether there are more.
    func deliver(atMost most: Int, _ database: Database) throws -> (newest: StoredMessage?, isPartial: Bool) {
        let most = min(max(1, most), .max - 1)
        let start = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT withheld_after FROM blocks WHERE user_id = ? AND blocked_id = ?"),
            arguments: [user, sender])
        guard let start else { return (nil, false) }
        let withheld = ConversationChain.Visibility(of: sender, notOf: user)
        let places = try ConversationChain(sender, user, visibleTo: withheld, database)
            .oldest(behind: start, atLeast: most + 1).map(\.seq)
        guard let last = places.prefix(most).last else { return (nil, false) }
        let newest = try deliver(places.prefix(most), database)
        try database.cachedStatement(
            sql: "UPDATE blocks SET withheld_after = ? WHERE user_id = ? AND blocked_id = ?"
        ).execute(arguments: [last, user, sender])
        return (newest, places.count > most)
    }

    /// The chain also holds messages to the sender that the sender's own block withheld. They are delivered already, and
    /// left out here.
    private func deliver(_ places: ArraySlice<Int64>, _ database: Database) throws -> StoredMessage? {
        var seq = try max(Settlement.end(database), Settlement.logEnd(database))
        var (cursor, previous) = try end(FeedHead.find, [user], database)
        let own = ConversationChain.Visibility(of: user, notOf: sender)
        var (place, placePrevious) = try end(
            AppendStatements.findPlace(own.headColumn), [user, sender, own.rawValue], database)
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO messages (
                    seq, id, sender_id, receiver_id, sender_cursor, receiver_cursor, created_at, updated_at, product_id,
                    product_title, message_text, sender_previous, receiver_previous, place, place_previous)
                SELECT :seq, id, sender_id, receiver_id, 0, :cursor, created_at, updated_at, product_id,
                    product_title, message_text, 0, :previous, :place, :place_previous
                FROM messages WHERE seq = :withheld AND sender_id = :sender
                """)
        let note = try database.cachedStatement(
            sql: """
                INSERT INTO deliveries (id, seq) SELECT id, seq FROM messages WHERE seq = ?
                ON CONFLICT (id) DO UPDATE SET seq = excluded.seq
                """)
        var newest: Int64?
        for withheld in places {
            try insert.execute(arguments: [
                "seq": seq + 1, "cursor": cursor + 1, "previous": previous, "place": place + 1,
                "place_previous": placePrevious, "withheld": withheld, "sender": sender,
            ])
            guard database.changesCount > 0 else { continue }
            (seq, cursor, place) = (seq + 1, cursor + 1, place + 1)
            (previous, placePrevious, newest) = (seq, seq, seq)
            try note.execute(arguments: [seq])
        }
        return try newest.flatMap { try SeqList.messages([$0], database).first }
    }

    /// The number and the `seq` of the newest message of a chain.
    private func end(
        _ find: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> (number: Int64, seq: Int64) {
        let row = try Row.fetchOne(database.cachedStatement(sql: find), arguments: arguments)
        return (
            try row?.decode(Int64?.self, atIndex: 0) ?? 0, try row?.decode(Int64?.self, atIndex: 1) ?? 0
        )
    }
}
