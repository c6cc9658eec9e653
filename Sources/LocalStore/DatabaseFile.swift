import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// Opens the database of a store. A file that cannot be used is renamed first, and a new one created.
///
/// Call it only while `StoreFiles.openingLock` is held. Then no two windows migrate or rename the file at the same
/// time.
struct DatabaseFile {
    let files: StoreFiles
    let server: String
    let user: UserID

    struct Opened {
        var queue: DatabaseQueue
        var opening: LocalStore.Opening
        var number: UInt64
    }

    /// How long a statement waits for another window's write, in seconds.
    private static let busyTimeoutInSeconds = 5.0

    /// The size to which SQLite truncates the write-ahead log after a large transaction, in bytes.
    private static let journalSizeLimit = 4 << 20

    /// The file is damaged, or is not a database of this program.
    private struct Broken: Error {}

    func open() throws(LocalStore.OpenError) -> Opened {
        do {
            return try open(.opened)
        } catch {
            guard isBroken(error) else { throw openError(error) }
        }
        let aside = try files.setDatabaseAside()
        do {
            return try open(.setAside(path: aside))
        } catch {
            throw openError(error)
        }
    }

    private func isBroken(_ error: any Error) -> Bool {
        if error is LocalStore.OpenError { return false }
        if error is Broken { return true }
        switch SQLiteFault(error).kind {
        case .damaged, .notADatabase, .unreadable, .strangeRow: return true
        case .full, .locked, .interrupted, .readOnly, .notPermitted, .inputOutput, .noMemory, .other: return false
        }
    }

    private func openError(_ error: any Error) -> LocalStore.OpenError {
        if let error = error as? LocalStore.OpenError { return error }
        let failure = StoreFailure(error)
        return failure == .diskFull ? .diskFull : .unusable(failure)
    }

    // MARK: - Opening

    private func open(_ opening: LocalStore.Opening) throws -> Opened {
        let number = try prepareFile()
        var configuration = Configuration()
        configuration.label = "LocalStore"
        configuration.busyMode = .timeout(Self.busyTimeoutInSeconds)
        let queue = try DatabaseQueue(path: PlainPath.of(files.database), configuration: configuration)
        switch try queue.read(Schema.owner) {
        case .nobody, .thisProgram: break
        case .newerVersion: throw LocalStore.OpenError.newer
        case .anotherProgram: throw Broken()
        }
        try queue.writeWithoutTransaction(setUp)
        try Schema.migrator(server: server, user: user).migrate(queue)
        guard try queue.read({ try Schema.belongs($0, to: user, server: server) }) else { throw Broken() }
        return Opened(queue: queue, opening: opening, number: number)
    }

    private func setUp(_ database: Database) throws {
        guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw LocalStore.OpenError.refused(ENOTSUP)  // no write-ahead log on this file system
        }
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
        try database.execute(sql: "PRAGMA journal_size_limit = \(Self.journalSizeLimit)")
    }

    /// Creates the file if there is none, readable and writable by this user only, and checks the existing one.
    /// - Returns: the file's inode number.
    private func prepareFile() throws -> UInt64 {
        for suffix in SQLiteFile.suffixes { try checkFile(files.database + suffix) }
        let isNew = try files.makeDatabase()
        var information = stat()
        guard stat(files.database, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { throw Broken() }
        let number = UInt64(information.st_ino)
        if files.damagedFileNumber == number { throw Broken() }
        // SQLite would delete a log that has no database.
        if isNew || information.st_size == 0, hasLog { throw Broken() }
        // SQLite gives the files that it creates beside the database the mode of the database.
        for suffix in SQLiteFile.suffixes { chmod(files.database + suffix, 0o600) }
        guard access(files.database, R_OK | W_OK) == 0 else { throw Broken() }
        return number
    }

    /// Checks that a file may be opened.
    /// - Throws: `Broken` for a folder or a dangling link, which are renamed; `OpenError` for another user's file and
    ///   for a link to an existing file, which are left alone.
    private func checkFile(_ path: String) throws {
        do throws(FileProblem) {
            _ = try OwnFile.check(path)
        } catch {
            let isFolder = error.reason == .notAFile && PrivateFolder.exists(path)
            let leadsNowhere = error.reason == .link && access(path, F_OK) != 0
            throw isFolder || leadsNowhere ? Broken() : LocalStore.OpenError(error)
        }
    }

    private var hasLog: Bool { SQLiteFile.bytesOfLog(of: files.database) > 0 }
}
