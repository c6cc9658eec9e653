import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// Opens the database of a store; what cannot be used is set aside first.
///
/// Only while the gate is held, so that of two windows one migrates, and one sets aside.
struct DatabaseFile {
    let files: StoreFiles
    let server: String
    let user: UserID

    struct Opened {
        var queue: DatabaseQueue
        var opening: LocalStore.Opening
        var number: UInt64
    }

    /// How long a statement waits for another window that writes.
    private static let busyTimeoutInSeconds = 5.0

    /// What the log may keep of the disk after a large transaction.
    private static let journalSizeLimit = 4 << 20

    /// There is something that is no database of ours, or a damaged one.
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

    /// Makes the file where there is none, for this user only, and looks at what is there. Gives its number.
    private func prepareFile() throws -> UInt64 {
        for suffix in SQLiteFile.suffixes { try checkFile(files.database + suffix) }
        let isNew = try files.makeDatabase()
        var information = stat()
        guard stat(files.database, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { throw Broken() }
        let number = UInt64(information.st_ino)
        if files.damagedFileNumber == number { throw Broken() }
        // SQLite would delete a log that belongs to no database.
        if isNew || information.st_size == 0, hasLog { throw Broken() }
        // What SQLite makes beside the file gets its mode.
        for suffix in SQLiteFile.suffixes { chmod(files.database + suffix, 0o600) }
        guard access(files.database, R_OK | W_OK) == 0 else { throw Broken() }
        return number
    }

    /// A folder in its place is set aside, and a link that leads nowhere; what is another user's, or leads there, is left
    /// alone.
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
