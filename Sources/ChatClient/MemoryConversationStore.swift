import ChatWire
import Synchronization
import TextSearch

/// A `ConversationStore` in memory, for tests and for a disk that cannot be used.
///
/// Each store is one window. To simulate a crash, copy `ledger` at any moment and create a new store from the copy.
public final class MemoryConversationStore: ConversationStore {
    /// The content that all windows of one user share.
    private final class Shared: Sendable {
        let ledger: Mutex<ConversationLedger>

        init(_ ledger: ConversationLedger) {
            self.ledger = Mutex(ledger)
        }
    }

    private let shared: Shared
    private let window: ConversationLedger.Window

    public convenience init(user: UserID) {
        self.init(ConversationLedger(user: user))
    }

    /// The store that a process finds if it starts after all others have ended.
    public convenience init(_ ledger: ConversationLedger) {
        var ledger = ledger
        ledger.crash()
        self.init(Shared(ledger))
    }

    private init(_ shared: Shared) {
        self.shared = shared
        window = shared.ledger.withLock { $0.openWindow() }
    }

    deinit { close() }

    /// Opens another window of the same user.
    public func anotherWindow() -> MemoryConversationStore { MemoryConversationStore(shared) }

    /// Closes this window. Other windows may adopt its unsent messages.
    public func close() {
        shared.ledger.withLock { $0.closeWindow(window) }
    }

    public var ledger: ConversationLedger { shared.ledger.withLock(\.self) }

    // MARK: - ConversationStore

    public var isLasting: Bool { false }

    public func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        shared.ledger.withLock { $0.load(peer: peer, limit: limit, window: window) }
    }

    public func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        shared.ledger.withLock { $0.apply(changes, window: window) }
    }

    public func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage {
        shared.ledger.withLock { $0.page(of: peer, before: messageID, limit: limit) }
    }

    public func inbox(limit: Int) throws(StoreFailure) -> StoredInbox {
        shared.ledger.withLock { $0.inbox(limit: limit, window: window) }
    }

    public func flags() throws(StoreFailure) -> [UserID: StoredFlags] { ledger.flags }

    public func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        shared.ledger.withLock { $0.run(of: peer, after: messageID, limit: limit) }
    }

    public func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        shared.ledger.withLock { $0.run(of: peer, around: messageID, limit: limit) }
    }

    public func first(of peer: UserID, since time: Timestamp) throws(StoreFailure) -> MessageID? {
        ledger.first(of: peer, since: time)
    }

    public func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        ledger.search(query, in: peer, after: messageID, limit: limit)
    }

    public func gap(except skipped: Set<MessageID>) throws(StoreFailure) -> StoredGap? { ledger.gap(except: skipped) }

    public func find(_ query: WordQuery, before place: Int64?, limit: Int) throws(StoreFailure) -> FoundPage {
        ledger.find(query, before: place, limit: limit)
    }

    /// There is no index.
    public func indexMore(limit: Int) throws(StoreFailure) -> Bool { false }

    public func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        shared.ledger.withLock { $0.adoptUnsent(peer: peer, since: since, window: window) }
    }
}
