import ChatClient
import ChatUI
import ChatWire
import LocalStore
import Synchronization
import TextSearch

/// The user's local store. It is opened at the first use, on the client's disk queue, so the screen does not wait for
/// it.
///
/// If the store cannot be opened, the program continues in memory and tells the user. If the disk is full, calls fail
/// until there is room, so that nothing is taken for stored. If the files are removed while in use, they are created
/// again.
final class DiskStore: ConversationStore {
    private let folder: String
    private let server: String
    private let user: UserID
    private let report: @Sendable (DiskProblem) -> Void
    private let opened = Mutex(Opened())
    /// Read on other queues than the disk's, so it has a lock of its own and does not wait for the opening.
    private let keeping = Mutex(Keeping.notOpened)

    private struct Opened {
        var store: (any ConversationStore)?
        /// After the files were removed: what this window has to store in the new ones.
        var carried: [StoreChange]?
    }

    private enum Keeping {
        case notOpened
        case inFiles(LocalStore)
        case nowhere
    }

    init(_ settings: ConnectionSettings, report: @escaping @Sendable (DiskProblem) -> Void) {
        folder = settings.dataFolder
        server = settings.server.identity
        user = settings.user
        self.report = report
    }

    /// Uses the store. If its files were removed, new ones are created.
    private func use<Value>(
        _ body: (any ConversationStore) throws(StoreFailure) -> Value
    ) throws(StoreFailure) -> Value {
        do throws(StoreFailure) {
            return try body(store())
        } catch {
            guard error == .gone else { throw error }
        }
        try abandon()
        return try body(store())
    }

    private func store() throws(StoreFailure) -> any ConversationStore {
        try opened.withLock { opened throws(StoreFailure) in
            if let store = opened.store { return store }
            let store = if let carried = opened.carried { try reopen(carried) } else { try open() }
            opened = Opened(store: store)
            return store
        }
    }

    private func abandon() throws(StoreFailure) {
        try opened.withLock { opened throws(StoreFailure) in
            guard let store = opened.store as? LocalStore else { return }
            // If the store cannot be read, it stays in use, and `isLasting` is false.
            let carried = try store.abandon()
            keeping.withLock { $0 = .nowhere }
            opened = Opened(carried: carried)
        }
    }

    private func open() throws(StoreFailure) -> any ConversationStore {
        do throws(LocalStore.OpenError) {
            let store = try openFiles()
            keeping.withLock { $0 = .inFiles(store) }
            return store
        } catch {
            switch error {
            case .diskFull: throw .diskFull
            case .newer: report(.newer)
            case .unsafe(let problem): report(.unsafe(problem))
            case .refused(let number): report(.unusable(.system(number)))
            case .unusable(let failure): report(.unusable(failure))
            }
            keeping.withLock { $0 = .nowhere }
            return MemoryConversationStore(user: user)
        }
    }

    /// A failure may be temporary, so the next call tries again.
    private func reopen(_ carried: [StoreChange]) throws(StoreFailure) -> any ConversationStore {
        let store: LocalStore
        do throws(LocalStore.OpenError) {
            store = try openFiles()
        } catch {
            switch error {
            case .diskFull: throw .diskFull
            case .newer, .unsafe: throw .gone
            case .refused(let number): throw .system(number)
            case .unusable(let failure): throw failure
            }
        }
        do throws(StoreFailure) {
            try store.apply(carried)
        } catch {
            store.close()
            throw error
        }
        keeping.withLock { $0 = .inFiles(store) }
        return store
    }

    private func openFiles() throws(LocalStore.OpenError) -> LocalStore {
        let store = try LocalStore(folder: folder, server: server, user: user)
        if case .setAside(let path) = store.opening { report(.setAside(path: path)) }
        if store.isFolderOpen { report(.folderIsOpen(path: folder)) }
        return store
    }

    var isLasting: Bool {
        switch keeping.withLock(\.self) {
        case .notOpened: true
        case .inFiles(let store): store.isLasting
        case .nowhere: false
        }
    }

    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try use { store throws(StoreFailure) in try store.load(peer: peer, limit: limit) }
    }
    func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        try use { store throws(StoreFailure) in try store.apply(changes) }
    }
    func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage {
        try use { store throws(StoreFailure) in try store.page(of: peer, before: messageID, limit: limit) }
    }
    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox {
        try use { store throws(StoreFailure) in try store.inbox(limit: limit) }
    }
    func flags() throws(StoreFailure) -> [UserID: StoredFlags] {
        try use { store throws(StoreFailure) in try store.flags() }
    }

    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try use { store throws(StoreFailure) in try store.run(of: peer, after: messageID, limit: limit) }
    }
    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try use { store throws(StoreFailure) in try store.run(of: peer, around: messageID, limit: limit) }
    }
    func first(of peer: UserID, since time: Timestamp) throws(StoreFailure) -> MessageID? {
        try use { store throws(StoreFailure) in try store.first(of: peer, since: time) }
    }
    func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        try use { store throws(StoreFailure) in try store.search(query, in: peer, after: messageID, limit: limit) }
    }
    func gap(except skipped: Set<MessageID>) throws(StoreFailure) -> StoredGap? {
        try use { store throws(StoreFailure) in try store.gap(except: skipped) }
    }
    func find(_ query: WordQuery, before place: Int64?, limit: Int) throws(StoreFailure) -> FoundPage {
        try use { store throws(StoreFailure) in try store.find(query, before: place, limit: limit) }
    }
    func indexMore(limit: Int) throws(StoreFailure) -> Bool {
        try use { store throws(StoreFailure) in try store.indexMore(limit: limit) }
    }

    // MARK: - What the marketplace says

    /// Nothing is remembered while the files cannot be used.
    func listings(of ids: [String]) throws(StoreFailure) -> [StoredListing] {
        try use { store throws(StoreFailure) in try (store as? LocalStore)?.listings(of: ids) ?? [] }
    }
    func keep(_ listings: [StoredListing]) throws(StoreFailure) {
        try use { store throws(StoreFailure) in try (store as? LocalStore)?.keep(listings) }
    }

    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        try use { store throws(StoreFailure) in try store.adoptUnsent(peer: peer, since: since) }
    }
}
