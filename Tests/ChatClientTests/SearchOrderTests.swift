import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatClient

/// A search through a long history stands in nobody's way: what is to be stored waits for a part of it.
struct SearchOrderTests {
    /// What the store was asked for, and what the client said, in order.
    private final class Journal: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock(\.self) }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    /// Messages 1 to 3500, of which every thousandth ends with "000".
    private func memory() throws -> MemoryConversationStore {
        let store = MemoryConversationStore(user: anna)
        let messages = (1...3500).map { StoredMessage(message: message("m\($0)", UntrustedText("\($0)"))) }
        try store.apply([.page(messages, peer: bob, hasOlder: false)])
        return store
    }

    /// Starts a client, waits until the conversation is loaded, and searches. `duringFirstPart` runs while the first part
    /// is looked through.
    private func journal(duringFirstPart: @escaping @Sendable (Client) -> Void) async throws -> [String] {
        let journal = Journal()
        let client = Mutex<Client?>(nil)
        let isFirst = Mutex(true)
        let store = WatchedStore(memory: try memory()) { call in
            journal.note(call)
            guard call.hasPrefix("search") else { return }
            let isFirstPart = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            if isFirstPart, let client = client.withLock(\.self) { duringFirstPart(client) }
        }
        let made = Client(
            user: anna, peer: bob, product: nil, transport: NoNetwork(), store: store,
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
        made.look(.search(HistorySearch(try #require(TextQuery("000")))))
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
            if let query = TextQuery("3499") { client.look(.search(HistorySearch(query))) }
        }
        #expect(journal.filter { $0.hasPrefix("search") } == ["search 000"] + Array(repeating: "search 3499", count: 4))
        #expect(journal.filter { $0.hasPrefix("found") } == ["found 3499: m3499"])
    }

    private func until(_ isSo: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while !isSo() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// No server answers.
private struct NoNetwork: Transport {
    private struct Line: Link {
        var token: String? { nil }
        func send(text: String) {}
        func ping(patience: Duration) {}
        func close() {}
    }

    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link { Line() }
    func currentToken() -> String? { nil }
    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage { throw .notProvided }
    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList {
        throw .notProvided
    }
}

/// A store that says what it is asked for, before it answers.
private struct WatchedStore: ConversationStore {
    let memory: MemoryConversationStore
    let watch: @Sendable (String) -> Void

    var isLasting: Bool { true }

    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try memory.load(peer: peer, limit: limit)
    }
    func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        for case .enqueue(let message) in changes { watch("apply \(message.id)") }
        try memory.apply(changes)
    }
    func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage {
        try memory.page(of: peer, before: messageID, limit: limit)
    }
    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox { try memory.inbox(limit: limit) }
    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try memory.run(of: peer, after: messageID, limit: limit)
    }
    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try memory.run(of: peer, around: messageID, limit: limit)
    }
    func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        watch("search \(query.text)")
        return try memory.search(query, in: peer, after: messageID, limit: limit)
    }
    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        try memory.adoptUnsent(peer: peer, since: since)
    }
}
