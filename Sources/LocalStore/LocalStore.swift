import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import SQLiteFiles
import Synchronization
import TextSearch

/// The client's store: one SQLite file (3.37 or later, with FTS5) for each user of each server, shared by all windows of that
/// user.
///
/// Changes survive the end of the process, even by `kill -9`, once the call has returned. If they contain an `enqueue`,
/// they survive a power failure, too. If somebody removed, renamed or replaced the files meanwhile, every call throws
/// `.gone`.
public final class LocalStore: ConversationStore {
    public enum Opening: Sendable, Hashable {
        case opened
        /// The existing file could not be used. It was renamed to this path, and the store is new.
        case setAside(path: String)
    }

    public let opening: Opening
    /// Whether other users can read the folder. It then existed before; this program creates its folders private.
    public let isFolderOpen: Bool

    let queue: DatabaseQueue
    private let files: StoreFiles
    private let user: UserID
    private let window: WindowLock
    /// The inode number of the database. Another file may take its name.
    private let fileNumber: UInt64
    private let openFiles: OpenDatabaseFiles
    /// A GRDB queue must not be used after it is closed: it traps.
    private let isClosed = Mutex(false)

    /// Opens the store of a user of a server. Creates the folder and the file if there are none, readable by this user
    /// only.
    public init(folder: String, server: String, user: UserID) throws(OpenError) {
        files = StoreFiles(folder: folder, server: server, user: user)
        self.user = user
        isFolderOpen = try files.makeFolder()
        let openingLock = try FileLock.wait(path: files.openingLock)
        defer { openingLock.close() }
        let database = try DatabaseFile(files: files, server: server, user: user).open()
        (queue, opening, fileNumber) = (database.queue, database.opening, database.number)
        openFiles = OpenDatabaseFiles(path: files.database)
        window = try WindowLock(files: files)
        WindowLock.removeStale(files: files)
    }

    /// Closes this window. Other windows may adopt its unsent messages. Later calls throw `.failed`.
    public func close() {
        isClosed.withLock { isClosed in
            if isClosed { return }
            isClosed = true
            try? queue.close()
            window.release()
        }
    }

    /// Closes a store whose files were removed or replaced, and returns what this window owns in them. The files are
    /// still open, so they can still be read.
    ///
    /// Apply the changes to a store that is opened at the same path. The session then continues with it: the feed at
    /// its present position, behind a gap because the history is gone, and this window's unsent messages and drafts.
    public func abandon() throws(StoreFailure) -> [StoreChange] {
        let changes = try use { try queue.read { try WindowState(window: window.id).changes($0) } }
        // SQLite removes no file by its name here, unless the database itself is at its path and nobody else has it
        // open.
        close()
        return changes
    }

    // MARK: - ConversationStore

    public var isLasting: Bool { openFiles.areInPlace }

    public func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try access {
            var isAdoptionPending = false
            do {
                try Adoption(window: window.id, files: files).adoptAll(of: peer, queue)
            } catch let error where StoreFailure(error) == .diskFull {
                // The stored messages are shown all the same, and the feed continues from its position. A later call
                // adopts the rest.
                isAdoptionPending = true
            }
            var state = try queue.read { database in
                try ConversationReader(database, user: user, peer: peer).state(window: window.id, limit: limit)
            }
            state.isAdoptionPending = isAdoptionPending
            return state
        }
    }

    public func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        try access {
            if changes.isEmpty { return }
            try queue.writeWithoutTransaction { database in
                try database.syncing(changes.contains(where: \.needsSync)) {
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
            let closed = try Adoption(window: window.id, files: files).closedWindows(queue)
            return try queue.read { database in
                try InboxReader(database, user: user).inbox(limit: limit, window: window.id, closed: closed)
            }
        }
    }

    public func flags() throws(StoreFailure) -> [UserID: StoredFlags] {
        try access { try queue.read(FlagTable.all) }
    }

    public func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try reading(peer) { try $0.run(after: messageID, limit: limit) }
    }

    public func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try reading(peer) { try $0.run(around: messageID, limit: limit) }
    }

    public func first(of peer: UserID, since time: Timestamp) throws(StoreFailure) -> MessageID? {
        try reading(peer) { try $0.first(since: time) }
    }

    public func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        try reading(peer) { try $0.search(query, after: messageID, limit: limit) }
    }

    public func gap(except skipped: Set<MessageID>) throws(StoreFailure) -> StoredGap? {
        try access { try queue.read { try Gaps(database: $0).latest(except: skipped) } }
    }

    public func find(_ query: WordQuery, before place: Int64?, limit: Int) throws(StoreFailure) -> FoundPage {
        try access {
            try queue.read { try SearchIndex(database: $0).find(query, before: place, limit: limit, user: user) }
        }
    }

    public func indexMore(limit: Int) throws(StoreFailure) -> Bool {
        try access {
            // Most calls find nothing to do, and need no lock for that.
            guard try queue.read({ try SearchIndex(database: $0).unindexedUpTo }) > 0 else { return false }
            return try queue.write { try SearchIndex(database: $0).addOlder(limit: limit) }
        }
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

    /// Checks before and after `body` that the files are in place. If they are not, what `body` wrote may be lost.
    func access<Value>(_ body: () throws -> Value) throws(StoreFailure) -> Value {
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
    fileprivate var needsSync: Bool {
        if case .enqueue = self { true } else { false }
    }
}

extension Database {
    /// Runs `body`. If `needsSync` is true, its transactions are synchronised to the disk (`fsync`) before this
    /// returns.
    fileprivate func syncing(_ needsSync: Bool, _ body: () throws -> Void) throws {
        guard needsSync else { return try body() }
        try execute(sql: "PRAGMA synchronous = FULL")
        // If this fails, later transactions are only slower.
        defer { try? execute(sql: "PRAGMA synchronous = NORMAL") }
        try body()
    }
}
