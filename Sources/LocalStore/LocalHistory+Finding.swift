import ChatClient
import ChatWire
import GRDB
import TextSearch

extension LocalHistory {
    /// Hands out the messages of all conversations that match, the newest first, until `take` returns false. Messages
    /// that are not in the index yet are read one by one.
    public func find(_ query: WordQuery, _ take: (FoundMessage) -> Bool) throws(StoreFailure) {
        do {
            // One transaction, so that a window that indexes meanwhile hides nothing and repeats nothing.
            try queue.read { database in
                let index = SearchIndex(database: database)
                var unindexed = try index.findUnindexed(query, user: user)[...]
                var place: Int64?
                repeat {
                    let page = try index.find(query, before: place, limit: Self.pageOfFound, user: user)
                    for message in page.messages {
                        while let other = unindexed.first, other.message.createdAt > message.message.createdAt {
                            unindexed.removeFirst()
                            guard take(other) else { return }
                        }
                        guard take(message) else { return }
                    }
                    place = page.next
                } while place != nil
                for message in unindexed { guard take(message) else { return } }
            }
        } catch {
            throw StoreFailure(error)
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
