import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import SQLiteFiles
import Synchronization
import TextSearch

/// The client's store in one SQLite file (3.37 or later) for each user of each server, shared by all their windows.
///
/// What a call returned for survives the process, also `kill -9`. With an `enqueue` it survives the power failing too.
/// Where somebody removed, renamed or replaced the files meanwhile, every call throws `.gone`.
public final class LocalStore: ConversationStore {
    public enum Opening: Sendable, Hashable {
        case opened
        /// What was there cannot be used; it is at this path now, and the store began anew.
        case setAside(path: String)
    }

    public let opening: Opening
    /// Others can look into the folder, which was there before.
    public let isFolderOpen: Bool

    let queue: DatabaseQueue
    private let files: StoreFiles
    private let user: UserID
    private let window: WindowLock
    /// Which file this is, in case that another takes its name.
    private let fileNumber: UInt64
    private let openFiles: OpenDatabaseFiles
    /// A closed queue traps where it is used.
    private let isClosed = Mutex(false)

    /// Opens the store in a folder; makes both, readable by this user only, where there are none.
    public init(folder: String, server: String, user: UserID) throws(OpenError) {
        files = StoreFiles(folder: folder, server: server, user: user)
        self.user = user
        isFolderOpen = try files.makeFolder()
        let gate = try FileLock.wait(path: files.gate)
        defer { gate.close() }
        let database = try DatabaseFile(files: files, server: server, user: user).open()
        (queue, opening, fileNumber) = (database.queue, database.opening, database.number)
        openFiles = OpenDatabaseFiles(path: files.database)
        window = try WindowLock(files: files)
        WindowLock.removeStale(files: files)
    }

    /// Whether anything was ever stored there. Opening would make it.
    public static func exists(folder: String, server: String, user: UserID) -> Bool {
        Foundation.access(StoreFiles(folder: folder, server: server, user: user).database, F_OK) == 0
    }

    /// This window is gone: what was unsent waits for another. Later calls throw `.failed`.
    public func close() {
        isClosed.withLock { isClosed in
            if isClosed { return }
            isClosed = true
            try? queue.close()
            window.release()
        }
    }

    /// Leaves files that are gone: reads what this window has in them, as long as they are open, and closes.
    ///
    /// Made in a store that is opened at the same place, these changes let the session go on: the feed from where it is
    /// (behind a gap, since the history is not there), and what this window has unsent, and its drafts.
    public func abandon() throws(StoreFailure) -> [StoreChange] {
        let changes = try use { try queue.read { try Belongings(window: window.id).changes($0) } }
        // It removes no file by its name unless the database itself is in its place and nobody else has it open.
        close()
        return changes
    }

    // MARK: - ConversationStore

    public var isLasting: Bool { openFiles.areInPlace }

    public func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try access {
            var leavesBehind = false
            do {
                try Adoption(window: window.id, files: files).adoptAll(of: peer, queue)
            } catch let error where StoreFailure(error) == .diskFull {
                // What is there is shown all the same, and the feed goes on from where it is; another call adopts.
                leavesBehind = true
            }
            var state = try queue.read { database in
                try ConversationReader(database, user: user, peer: peer).state(window: window.id, limit: limit)
            }
            state.leavesBehind = leavesBehind
            return state
        }
    }

    public func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        try access {
            if changes.isEmpty { return }
            try queue.writeWithoutTransaction { database in
                try database.reachingDisk(changes.contains(where: \.mustReachDisk)) {
                    try database.inTransaction(.immediate) {
                        var transaction = try StoreTransaction(database, user: user, window: window.id)
                        try transaction.make(changes)
                        return .commit
                    }
                }
            }
        }
    }

    public func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage {
        try access {
            try queue.read { database in
                try ConversationReader(database, user: user, peer: peer).page(before: messageID, limit: limit)
            }
        }
    }

    public func inbox(limit: Int) throws(StoreFailure) -> StoredInbox {
        try access {
            let gone = try Adoption(window: window.id, files: files).windowsGone(queue)
            return try queue.read { database in
                try InboxReader(database, user: user).inbox(limit: limit, window: window.id, gone: gone)
            }
        }
    }

    public func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try reading(peer) { try $0.run(after: messageID, limit: limit) }
    }

    public func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try reading(peer) { try $0.run(around: messageID, limit: limit) }
    }

    public func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        try reading(peer) { try $0.search(query, after: messageID, limit: limit) }
    }

    private func reading<Value>(
        _ peer: UserID, _ body: (ConversationReader) throws -> Value
    ) throws(StoreFailure) -> Value {
        try access {
            try queue.read { database in try body(ConversationReader(database, user: user, peer: peer)) }
        }
    }

    public func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        try access { try Adoption(window: window.id, files: files).adoptUnsent(of: peer, since: since, queue) }
    }

    /// Looks for the files before and behind: what was written between the two may have gone where nobody finds it.
    private func access<Value>(_ body: () throws -> Value) throws(StoreFailure) -> Value {
        try use {
            guard openFiles.areInPlace else { throw StoreFailure.gone }
            let value = try body()
            guard openFiles.areInPlace else { throw StoreFailure.gone }
            return value
        }
    }

    private func use<Value>(_ body: () throws -> Value) throws(StoreFailure) -> Value {
        try isClosed.withLock { isClosed throws(StoreFailure) in
            if isClosed { throw .failed("the store is closed") }
            do {
                return try body()
            } catch {
                let failure = error as? StoreFailure ?? StoreFailure(error)
                if failure == .damaged { files.markDamaged(fileNumber) }
                throw failure
            }
        }
    }
}

extension StoreChange {
    fileprivate var mustReachDisk: Bool {
        if case .enqueue = self { true } else { false }
    }
}

extension Database {
    /// Where asked to, has the transactions of `body` on the disk before it returns.
    fileprivate func reachingDisk(_ mustReachDisk: Bool, _ body: () throws -> Void) throws {
        guard mustReachDisk else { return try body() }
        try execute(sql: "PRAGMA synchronous = FULL")
        // If this failed, later transactions would only be slower.
        defer { try? execute(sql: "PRAGMA synchronous = NORMAL") }
        try body()
    }
}
