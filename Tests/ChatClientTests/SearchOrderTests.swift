import ChatWire
import Logging
import Synchronization
import Testing
import TextSearch

@testable import ChatClient

/// A search through a long history delays other uses of the store by at most one part.
struct SearchOrderTests {
    /// The messages 1 to 3500; every thousandth ends with "000".
    private func memory() throws -> MemoryConversationStore {
        let store = MemoryConversationStore(user: anna)
        let messages = (1...3500).map { StoredMessage(message: message("m\($0)", UntrustedText("\($0)"))) }
        try store.apply([.page(messages, peer: bob, hasOlder: false)])
        return store
    }

    /// Starts a client, waits until the conversation is loaded, and searches. `duringFirstPart` runs while the first
    /// part is searched.
    private func journal(duringFirstPart: @escaping @Sendable (Client) -> Void) async throws -> [String] {
        let journal = Journal()
        let client = Mutex<Client?>(nil)
        let isFirst = Mutex(true)
        let store = WatchedStore(try memory()) { call in
            journal.note(call)
            guard call.hasPrefix("search") else { return }
            let isFirstPart = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            if isFirstPart, let client = client.withLock(\.self) { duringFirstPart(client) }
        }
        let made = Client(
            user: anna, peer: bob, transport: ScriptedTransport(), store: store,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000)) }
        ) { update in
            switch update {
            case .history: journal.note("loaded")
            case .searchResults(let query, let ids, _):
                journal.note("found \(query): \(ids.map(\.wire).joined(separator: " "))")
            default: break
            }
        }
        client.withLock { $0 = made }
        made.handle(.start)
        try await until { journal.all.contains("loaded") }
        let before = journal.all.count
        made.readHistory(.search(HistorySearch(try #require(TextQuery("000")))))
        try await until { journal.all.contains { $0.hasPrefix("found") } }
        client.withLock { $0 = nil }
        made.stop()
        return Array(journal.all[before...])
    }

    @Test func whatIsWrittenIsStoredBetweenTwoParts() async throws {
        let journal = try await journal { $0.handle(.send(id: "a", text: "привет")) }
        let stored = try #require(journal.firstIndex(of: "apply a"))
        let parts = journal.indices.filter { journal[$0].hasPrefix("search") }
        #expect(parts.count == 4)
        #expect(stored == parts[1] - 1)
        #expect(journal.contains("found 000: m1000 m2000 m3000"))
    }

    @Test func theNextSearchEndsTheOneBefore() async throws {
        let journal = try await journal { client in
            if let query = TextQuery("3499") { client.readHistory(.search(HistorySearch(query))) }
        }
        #expect(journal.filter { $0.hasPrefix("search") } == ["search 000"] + Array(repeating: "search 3499", count: 4))
        #expect(journal.filter { $0.hasPrefix("found") } == ["found 3499: m3499"])
    }
}
