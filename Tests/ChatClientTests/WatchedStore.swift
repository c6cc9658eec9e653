import ChatWire
import Synchronization
import TextSearch

@testable import ChatClient

/// A store in memory that reports each call before it answers, and fails on the test's request.
final class WatchedStore: ConversationStore {
    let isLasting: Bool
    private let memory: MemoryConversationStore
    private let watch: @Sendable (String) -> Void
    private let failure = Mutex<StoreFailure?>(nil)

    init(
        _ memory: MemoryConversationStore = MemoryConversationStore(user: anna), isLasting: Bool = true,
        watch: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.memory = memory
        self.isLasting = isLasting
        self.watch = watch
    }

    /// The failure of transactions from now on; nil for none.
    func fail(_ reason: StoreFailure?) { failure.withLock { $0 = reason } }

    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try memory.load(peer: peer, limit: limit)
    }

    func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        for case .enqueue(let message) in changes { watch("apply \(message.id)") }
        for case .draft(let draft, _) in changes where !draft.isEmpty { watch("draft \(draft.text)") }
        if let failure = failure.withLock(\.self) { throw failure }
        try memory.apply(changes)
    }

    func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage {
        try memory.page(of: peer, before: messageID, limit: limit)
    }

    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox { try memory.inbox(limit: limit) }

    func flags() throws(StoreFailure) -> [UserID: StoredFlags] { try memory.flags() }

    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try memory.run(of: peer, after: messageID, limit: limit)
    }

    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try memory.run(of: peer, around: messageID, limit: limit)
    }

    func first(of peer: UserID, since time: Timestamp) throws(StoreFailure) -> MessageID? {
        try memory.first(of: peer, since: time)
    }

    func gap(except skipped: Set<MessageID>) throws(StoreFailure) -> StoredGap? { try memory.gap(except: skipped) }

    func find(_ query: WordQuery, before place: Int64?, limit: Int) throws(StoreFailure) -> FoundPage {
        watch("find \(query.text)")
        return try memory.find(query, before: place, limit: limit)
    }

    func indexMore(limit: Int) throws(StoreFailure) -> Bool {
        watch("index")
        return try memory.indexMore(limit: limit)
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

/// Events in their order.
final class Journal: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock(\.self) }
    func note(_ line: String) { lines.withLock { $0.append(line) } }
}
