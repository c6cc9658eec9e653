import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// The stored history of a user of a server, for commands that only read. Windows may use the same file meanwhile.
///
/// It creates, renames, repairs and migrates nothing. A history of an earlier version is migrated in a copy in memory.
public final class LocalHistory {
    public enum OpenError: Error, Sendable, Hashable {
        /// This machine has no history of this user of this server.
        case missing
        /// A later version of this program created or changed the file.
        case newer
        /// The file is not this program's, is damaged, or cannot be read.
        case unreadable(StoreFailure)
        /// At the path of a file there is something that this program must not use.
        case unsafe(FileProblem)
    }

    let user: UserID
    private let server: String
    private let files: StoreFiles
    private let identity: FileIdentity?
    /// Nil while it has to be opened again.
    private var source: Source?

    /// The path of the database.
    public var path: String { files.database }

    public init(folder: String, server: String, user: UserID) throws(OpenError) {
        (self.server, self.user) = (server, user)
        files = StoreFiles(folder: folder, server: server, user: user)
        source = try Self.open(files, server: server, user: user)
        identity = FileIdentity(path: files.database)
    }

    public func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try read { try ConversationReader($0, user: user, peer: peer).run(after: messageID, limit: limit) }
    }

    /// Of how many conversations the file does not have the whole history.
    public func incompleteConversations() throws(StoreFailure) -> Int {
        try read { try Gaps(database: $0).conversations }
    }

    /// Whether the file knows all conversations that the server had when a window last loaded its list.
    public func knowsAllConversations() throws(StoreFailure) -> Bool {
        try read { try Bool.fetchOne($0, sql: "SELECT list_loaded FROM account") ?? false }
    }

    /// Whether messages of the conversation are missing in the file.
    public func isIncomplete(_ peer: UserID) throws(StoreFailure) -> Bool {
        try read { try Gaps(database: $0).isIn(peer) }
    }

    // MARK: - Reading

    /// What is read, and the state of the file if it is read as one that does not change.
    private struct Source {
        let queue: DatabaseQueue
        let unused: UnusedFile?
    }

    /// Reads in a transaction. If a window has opened the file that was read as one that does not change, what was read
    /// may be wrong, and so may be an error. The file is then opened again, and `body` is repeated.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreFailure) -> Value {
        while true {
            let current = if let source { source } else { try reopened() }
            source = current
            let result = Result { try current.queue.read(body) }
            if let unused = current.unused, UnusedFile(files.database) != unused {
                // Closing it later would drop the locks of the new connection
                // (https://www.sqlite.org/howtocorrupt.html, section 2.2).
                try? current.queue.close()
                source = nil
                continue
            }
            do { return try result.get() } catch { throw StoreFailure(error) }
        }
    }

    private func reopened() throws(StoreFailure) -> Source {
        let reopened: Source
        do throws(OpenError) {
            reopened = try Self.open(files, server: server, user: user)
        } catch {
            switch error {
            case .unreadable(let failure): throw failure
            case .missing, .newer, .unsafe: throw .gone
            }
        }
        // In another file, the place where the reader is may not exist.
        guard FileIdentity(path: files.database) == identity else { throw .gone }
        return reopened
    }

    // MARK: - Opening

    private static func open(_ files: StoreFiles, server: String, user: UserID) throws(OpenError) -> Source {
        while true {
            guard try exists(files) else { throw .missing }
            let unused = UnusedFile(files.database)
            let result = Result { try open(files, server: server, user: user, isUnused: unused != nil) }
            // A window has opened it meanwhile.
            if unused != nil, UnusedFile(files.database) != unused {
                try? result.get().queue.close()
                continue
            }
            do {
                let (queue, isCopy) = try result.get()
                return Source(queue: queue, unused: isCopy ? nil : unused)
            } catch let error as OpenError {
                throw error
            } catch {
                throw .unreadable(StoreFailure(error))
            }
        }
    }

    private static func exists(_ files: StoreFiles) throws(OpenError) -> Bool {
        let isThere: Bool
        do throws(FileProblem) {
            for suffix in SQLiteFile.suffixesBeside { _ = try OwnFile.check(files.database + suffix) }
            isThere = try OwnFile.check(files.database)
        } catch {
            switch error.reason {
            // `access` fails like this where a part of the path is no folder, so nothing can be stored there.
            case .system(ENOTDIR): return false
            case .system(let number): throw .unreadable(.system(number))
            case .notAFolder, .notAFile, .link, .foreign, .openToOthers, .readableByOthers, .otherContent:
                throw .unsafe(error)
            }
        }
        // A log without its database: somebody removed half of it.
        if !isThere, SQLiteFile.bytesOfLog(of: files.database) > 0 { throw .unreadable(.damaged) }
        return isThere
    }

    private static func open(
        _ files: StoreFiles, server: String, user: UserID, isUnused: Bool
    ) throws -> (queue: DatabaseQueue, isCopy: Bool) {
        var information = stat()
        guard stat(files.database, &information) == 0 else { throw StoreFailure.system(errno) }
        // A window has found it damaged, and will set it aside.
        if files.damagedFileNumber == UInt64(information.st_ino) { throw OpenError.unreadable(.damaged) }
        if information.st_size == 0 { throw OpenError.unreadable(.damaged) }
        let queue = try open(files.database, isUnused: isUnused)
        switch try queue.read(Schema.owner) {
        case .thisProgram: break
        case .newerVersion: throw OpenError.newer
        case .nobody, .anotherProgram: throw OpenError.unreadable(.damaged)
        }
        guard try queue.read({ try Schema.belongs($0, to: user, server: server) }) else {
            throw OpenError.unreadable(.damaged)
        }
        let migrator = Schema.migrator(server: server, user: user)
        if try queue.read(migrator.hasCompletedMigrations) { return (queue, false) }
        let copy = try DatabaseQueue()
        try queue.backup(to: copy)
        try migrator.migrate(copy)
        return (copy, true)
    }

    /// SQLite creates the files of the write-ahead log for a reader, too, and a reader does not remove them. Without a
    /// log no window has the database open, so it is read as a file that does not change.
    static func open(_ path: String, isUnused: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "LocalHistory"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        if isUnused, let unchanging = unchangingFile(path) {
            return try DatabaseQueue(path: unchanging, configuration: configuration)
        }
        return try DatabaseQueue(path: PlainPath.of(path), configuration: configuration)
    }

    /// Whether a window has the database open, or left it without closing it.
    static func isInUse(_ path: String) -> Bool {
        SQLiteFile.suffixesBeside.contains { access(path + $0, F_OK) == 0 }
    }

    /// The URI of a file that does not change while it is read (https://www.sqlite.org/uri.html).
    private static func unchangingFile(_ path: String) -> String? {
        let absolute = URL(fileURLWithPath: path).path
        guard let encoded = absolute.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) else { return nil }
        return "file:\(encoded)?immutable=1"
    }
}

/// The state of a database's file that no window has open. A window that has opened and closed it leaves another state
/// if it wrote anything into the file.
private struct UnusedFile: Equatable {
    private let identity: FileIdentity
    private let size: Int
    private let modifiedAt: Date

    /// Returns nil if a window has it open, or if there is no such file.
    init?(_ path: String) {
        guard let identity = FileIdentity(path: path),
            let modifiedAt = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        else { return nil }
        (self.identity, self.modifiedAt) = (identity, modifiedAt)
        size = FileSize.bytes(of: path)
        // This comes last: what a window writes later changes the state above.
        if LocalHistory.isInUse(path) { return nil }
    }
}
