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

    /// Messages of three days, with a gap before the last one. The server has older ones.
    @Test("the first message of a day, and whether others may be missing before it")
    func since() throws {
        let store = MemoryConversationStore(user: anna)
        func day(_ number: Int) -> StoredMessage {
            var stored = StoredMessage(message: message("d\(number)", UntrustedText("\(number)")))
            stored.message.createdAt = Timestamp(seconds: Int64(number) * 86_400)
            return stored
        }
        try store.apply([.page([day(1), day(2)], peer: bob, hasOlder: true)])
        try store.apply([.page([day(5)], peer: bob, hasOlder: true)])
        func answer(_ number: Int) -> HistoryQuery.Step {
            HistoryQuery.since(Timestamp(seconds: Int64(number) * 86_400)).step(in: store, of: bob)
        }
        let all = [day(1), day(2), day(5)].map(\.message)
        for (number, followsGap) in [(1, true), (2, false), (3, true), (5, true)] {
            let time = Timestamp(seconds: Int64(number) * 86_400)
            #expect(
                answer(number)
                    == .answer(.since(time, all, hasOlder: false, hasNewer: false, followsGap: followsGap)),
                "\(number)")
        }
        #expect(
            answer(6)
                == .answer(
                    .since(Timestamp(seconds: 6 * 86_400), [], hasOlder: true, hasNewer: false, followsGap: false)))
    }

    @Test func nothingIsHere() {
        let store = MemoryConversationStore(user: anna)
        let step = HistoryQuery.beginning.step(in: store, of: bob)
        #expect(step == .answer(.beginning([], hasOlder: true, hasNewer: false)))
    }
}
