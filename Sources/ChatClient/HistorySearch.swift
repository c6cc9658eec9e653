import ChatWire
import TextSearch

/// A search through a whole conversation, and its progress.
public struct HistorySearch: Sendable, Hashable {
    let query: TextQuery
    private(set) var found: [MessageID] = []
    private var last: MessageID?

    /// How many messages are searched at once. New messages are not stored meanwhile.
    static let partSize = 1000

    public init(_ query: TextQuery) {
        self.query = query
    }

    /// Searches the next part.
    /// - Returns: whether the search has reached the end.
    mutating func searchNextPart(in store: any ConversationStore, of peer: UserID) throws(StoreFailure) -> Bool {
        let part = try store.search(query, in: peer, after: last, limit: Self.partSize)
        found += part.ids
        last = part.last
        return last == nil
    }
}
