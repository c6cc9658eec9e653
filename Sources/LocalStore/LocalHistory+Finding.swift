import ChatClient
import ChatWire
import GRDB
import TextSearch

extension LocalHistory {
    /// The messages of all conversations that match, the newest first, at most `limit`. Messages that are not in the
    /// index yet are read one by one.
    public func find(_ query: WordQuery, limit: Int = .max) throws(StoreFailure) -> [FoundMessage] {
        // One transaction, so that a window that indexes meanwhile hides nothing and repeats nothing.
        try read { database in
            let index = SearchIndex(database: database)
            var unindexed = try index.findUnindexed(query, user: user)[...]
            var found: [FoundMessage] = []
            var place: Int64?
            repeat {
                let page = try index.find(query, before: place, limit: Self.pageOfFound, user: user)
                for message in page.messages {
                    while let other = unindexed.first, other.message.createdAt > message.message.createdAt {
                        found.append(unindexed.removeFirst())
                    }
                    found.append(message)
                }
                place = page.next
            } while place != nil && found.count < limit
            return Array((found + unindexed).prefix(limit))
        }
    }

    private static let pageOfFound = 500
}

extension SearchIndex {
    /// The messages that match and are not in the index, newest first.
    fileprivate func findUnindexed(_ query: WordQuery, user: UserID) throws -> [FoundMessage] {
        let end = try unindexedUpTo
        guard end > 0 else { return [] }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(FoundMessage.columns)
                FROM messages JOIN conversations ON conversations.id = messages.conversation
                WHERE messages.seq <= ?
                """, arguments: [end])
        var found: [FoundMessage] = []
        while let row = try rows.next() {
            guard query.matches(UntrustedText(try row.text("message_text"))) else { continue }
            found.append(try FoundMessage(row: row, user: user))
        }
        return found.sorted { $0.message.createdAt > $1.message.createdAt }
    }
}
