import ChatWire
import Testing
import TextSearch

@testable import ChatClient

struct HistoryQueryTests {
    /// A store with the messages 1 to 250. The server has older ones if `hasOlder` is true.
    private func store(hasOlder: Bool) throws -> MemoryConversationStore {
        let store = MemoryConversationStore(user: anna)
        let messages = (1...250).map { StoredMessage(message: message("m\($0)", UntrustedText("\($0)"))) }
        try store.apply([.page(messages, peer: bob, hasOlder: hasOlder)])
        return store
    }

    @Test("the oldest stored messages, and whether they are the conversation's first", arguments: [true, false])
    func beginning(hasOlder: Bool) throws {
        guard
            case .answer(.beginning(let messages, hasOlder, hasNewer: true)) =
                HistoryQuery.beginning.step(in: try store(hasOlder: hasOlder), of: bob)
        else {
            Issue.record("another answer")
            return
        }
        #expect(messages.map(\.id) == (1...messages.count).map { "m\($0)" })
        #expect(messages.count < 250)
    }

    @Test("the result says what was searched", arguments: [true, false])
    func search(hasOlder: Bool) throws {
        let query = try #require(TextQuery("250"))
        let step = HistoryQuery.search(HistorySearch(query)).step(in: try store(hasOlder: hasOlder), of: bob)
        #expect(step == .answer(.searchResults(query: "250", ids: ["m250"], isWhole: !hasOlder)))
    }

    @Test func nothingIsHere() {
        let store = MemoryConversationStore(user: anna)
        let step = HistoryQuery.beginning.step(in: store, of: bob)
        #expect(step == .answer(.beginning([], hasOlder: true, hasNewer: false)))
    }
}
