import ChatClient
import ChatUI
import ChatWire
import LocalStore
import Synchronization
import TextSearch

/// The user's local store, opened when it is first used, which is on the client module's own queue: the screen does not
/// wait for it. Where it cannot be opened the program goes on in memory, and says so; on a full disk, calls fail until
/// there is room, since what was written must not be taken for kept. Files that go away under it are made anew.
final class DiskStore: ConversationStore {
    private let folder: String
    private let server: String
    private let user: UserID
    private let report: @Sendable (DiskProblem) -> Void
    private let opened = Mutex(Opened())
    /// Asked for on other queues than the disk's, so it does not wait for the opening.
    private let keeping = Mutex(Keeping.notOpened)

    private struct Opened {
        var store: (any ConversationStore)?
        /// The files were gone, and this window's part of what was in them waits to be in others.
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

    /// Where the files are gone, others are made in their place.
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
            // Where it cannot be read it stays, and is not lasting.
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

    /// A failure may pass: the next call tries again.
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

    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try use { store throws(StoreFailure) in try store.run(of: peer, after: messageID, limit: limit) }
    }
    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try use { store throws(StoreFailure) in try store.run(of: peer, around: messageID, limit: limit) }
    }
    func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        try use { store throws(StoreFailure) in try store.search(query, in: peer, after: messageID, limit: limit) }
    }
    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        try use { store throws(StoreFailure) in try store.adoptUnsent(peer: peer, since: since) }
    }
}
