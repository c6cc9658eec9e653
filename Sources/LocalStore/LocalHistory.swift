import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// The stored history of a user of a server, for commands that only read. Windows may use the same file meanwhile.
///
/// It creates, renames, repairs and migrates nothing. A history of an earlier version is migrated in a copy in memory.
public final class LocalHistory: Sendable {
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

    /// The path of the database.
    public let path: String

    let queue: DatabaseQueue
    let user: UserID

    public init(folder: String, server: String, user: UserID) throws(OpenError) {
        let files = StoreFiles(folder: folder, server: server, user: user)
        path = files.database
        self.user = user
        guard try Self.exists(files) else { throw .missing }
        do {
            queue = try Self.open(files, server: server, user: user)
        } catch let error as OpenError {
            throw error
        } catch {
            throw .unreadable(StoreFailure(error))
        }
    }

    public func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        do {
            return try queue.read { database in
                try ConversationReader(database, user: user, peer: peer).run(after: messageID, limit: limit)
            }
        } catch {
            throw StoreFailure(error)
        }
    }

    // MARK: - Opening

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
            case .notAFolder, .notAFile, .link, .foreign, .openToOthers, .otherContent: throw .unsafe(error)
            }
        }
        // A log without its database: somebody removed half of it.
        if !isThere, SQLiteFile.bytesOfLog(of: files.database) > 0 { throw .unreadable(.damaged) }
        return isThere
    }

    private static func open(_ files: StoreFiles, server: String, user: UserID) throws -> DatabaseQueue {
        var information = stat()
        guard stat(files.database, &information) == 0 else { throw StoreFailure.system(errno) }
        // A window has found it damaged, and will set it aside.
        if files.damagedFileNumber == UInt64(information.st_ino) { throw OpenError.unreadable(.damaged) }
        if information.st_size == 0 { throw OpenError.unreadable(.damaged) }
        let queue = try open(files.database)
        switch try queue.read(Schema.owner) {
        case .thisProgram: break
        case .newerVersion: throw OpenError.newer
        case .nobody, .anotherProgram: throw OpenError.unreadable(.damaged)
        }
        guard try queue.read({ try Schema.belongs($0, to: user, server: server) }) else {
            throw OpenError.unreadable(.damaged)
        }
        let migrator = Schema.migrator(server: server, user: user)
        if try queue.read(migrator.hasCompletedMigrations) { return queue }
        let copy = try DatabaseQueue()
        try queue.backup(to: copy)
        try migrator.migrate(copy)
        return copy
    }

    /// SQLite creates the files of the write-ahead log for a reader, too, and a reader does not remove them. Without a
    /// log no window has the database open, so it is read as a file that does not change.
    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "LocalHistory"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let isInUse = SQLiteFile.suffixesBeside.contains { access(path + $0, F_OK) == 0 }
        if !isInUse, let unchanging = unchangingFile(path) {
            return try DatabaseQueue(path: unchanging, configuration: configuration)
        }
        return try DatabaseQueue(path: PlainPath.of(path), configuration: configuration)
    }

    /// The URI of a file that does not change while it is read (https://www.sqlite.org/uri.html).
    private static func unchangingFile(_ path: String) -> String? {
        let absolute = URL(fileURLWithPath: path).path
        guard let encoded = absolute.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) else { return nil }
        return "file:\(encoded)?immutable=1"
    }
}
