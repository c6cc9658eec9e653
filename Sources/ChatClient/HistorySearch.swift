import ChatWire
import TextSearch

/// A search through a whole conversation, as far as it got.
public struct HistorySearch: Sendable, Hashable {
    let query: TextQuery
    private(set) var found: [MessageID] = []
    private var last: MessageID?

    /// How many messages are looked through while what arrives and what is written waits for the disk.
    static let partSize = 1000

    public init(_ query: TextQuery) {
        self.query = query
    }

    /// True at the end.
    mutating func goOn(in store: any ConversationStore, of peer: UserID) throws(StoreFailure) -> Bool {
        let part = try store.search(query, in: peer, after: last, limit: Self.partSize)
        found += part.ids
        last = part.last
        return last == nil
    }
}
