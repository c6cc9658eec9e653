import ChatClient
import ChatUI
import ChatWire
import HostSystem
import LocalStore
import Synchronization

/// The user's local store, opened when it is first used, which is on the client module's own queue: the screen does not
/// wait for it. Where it cannot be opened the program goes on in memory, and says so; on a full disk, calls fail until
/// there is room, since what was written must not be taken for kept.
final class DiskStore: ConversationStore {
    enum Problem: Sendable {
        case setAside(path: String)
        case newer
        /// Others can look into the folder.
        case folderIsOpen(path: String)
        case unsafe(FileProblem)
        case unusable(StoreFailure)

        func event(_ texts: Texts) -> Event {
            switch self {
            case .setAside(let path): .notice(texts.historySetAside(path))
            case .folderIsOpen(let path): .notice(texts.folderIsOpen(path))
            case .newer: .notKept(reason: texts.historyIsNewer, isForGood: true)
            case .unsafe(let problem): .notKept(reason: texts.historyUnsafe(problem), isForGood: true)
            case .unusable(let failure): .notKept(reason: texts.storeFailed(failure), isForGood: true)
            }
        }
    }

    private let folder: String
    private let server: String
    private let user: UserID
    private let report: @Sendable (Problem) -> Void
    private let opened = Mutex<(any ConversationStore)?>(nil)
    /// There is only memory. Asked for on other queues than the disk's, so it does not wait for the opening.
    private let isMemory = Atomic(false)

    init(_ settings: ConnectionSettings, report: @escaping @Sendable (Problem) -> Void) {
        folder = settings.dataFolder
        server = settings.server.identity
        user = settings.user
        self.report = report
    }

    private func store() throws(StoreFailure) -> any ConversationStore {
        try opened.withLock { opened throws(StoreFailure) in
            if let opened { return opened }
            let store = try open()
            opened = store
            return store
        }
    }

    private func open() throws(StoreFailure) -> any ConversationStore {
        do throws(LocalStore.OpenError) {
            let store = try LocalStore(folder: folder, server: server, user: user)
            if case .setAside(let path) = store.opening { report(.setAside(path: path)) }
            if store.isFolderOpen { report(.folderIsOpen(path: folder)) }
            return store
        } catch {
            switch error {
            case .diskFull: throw .diskFull
            case .newer: report(.newer)
            case .unsafe(let problem): report(.unsafe(problem))
            case .refused(let number): report(.unusable(.system(number)))
            case .unusable(let failure): report(.unusable(failure))
            }
            isMemory.store(true, ordering: .releasing)
            return MemoryConversationStore(user: user)
        }
    }

    var isLasting: Bool { !isMemory.load(ordering: .acquiring) }

    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try store().load(peer: peer, limit: limit)
    }
    func apply(_ changes: [StoreChange]) throws(StoreFailure) { try store().apply(changes) }
    func page(of peer: UserID, before messageID: String?, limit: Int) throws(StoreFailure) -> StoredPage {
        try store().page(of: peer, before: messageID, limit: limit)
    }
    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox { try store().inbox(limit: limit) }

    func run(of peer: UserID, after messageID: String?, limit: Int) throws(StoreFailure) -> StoredRun {
        try store().run(of: peer, after: messageID, limit: limit)
    }
    func run(of peer: UserID, around messageID: String, limit: Int) throws(StoreFailure) -> StoredRun {
        try store().run(of: peer, around: messageID, limit: limit)
    }
    func search(
        _ query: TextQuery, in peer: UserID, after messageID: String?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        try store().search(query, in: peer, after: messageID, limit: limit)
    }
    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        try store().adoptUnsent(peer: peer, since: since)
    }
}
