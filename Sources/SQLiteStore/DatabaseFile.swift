import CSQLiteSettings
import ChatServer
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// A database file. It is created for this user only, checked before it is changed, and opened with the settings that
/// the store needs.
struct DatabaseFile {
    /// The path as the user wrote it, for error messages.
    let path: String
    /// The absolute path without symbolic links, so that a change of the working folder does not matter.
    let realPath: String
    /// Whether this call created the file.
    let wasMade: Bool
    private let mayBeMade: Bool

    /// How long a statement waits for another program that holds the database's lock.
    private static let busyTimeoutInMilliseconds = 2000

    private static let writerCacheInKiB = 64 * 1024

    /// Turns off SQLite's memory statistics. Nobody reads them, and each allocation would take a lock of the whole
    /// process. SQLite refuses if it is in use in this process already; the statistics then stay on.
    private static let countsNoMemory = chat_sqlite_count_no_memory() == 0

    /// Creates the file if it is missing and `mayBeMade` is true.
    init(path: String, mayBeMade: Bool = true) throws(StoreOpenError) {
        self.path = path
        self.mayBeMade = mayBeMade
        let plainPath = PlainPath.of(path)
        if !mayBeMade, access(plainPath, F_OK) != 0 { throw .missing(path) }
        wasMade = try Self.prepare(plainPath, path, mayBeMade: mayBeMade)
        guard let real = realpath(plainPath, nil) else {
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        realPath = String(cString: real)
        free(real)
    }

    var isEmpty: Bool { FileSize.bytes(of: realPath) == 0 }

    /// Takes the lock. Nil for an operator's command that runs beside a server.
    func lock(for role: SQLiteStore.Role) throws(StoreOpenError) -> DatabaseLock? {
        do throws(DatabaseLock.Failure) {
            let lock = try DatabaseLock.take(path: realPath)
            if role == .server { try checkBesideFiles() }
            return lock
        } catch {
            if error == .heldByAnother, role == .command { return nil }
            throw openError(error)
        }
    }

    func openError(_ failure: DatabaseLock.Failure) -> StoreOpenError {
        switch failure {
        case .heldByAnother: .inUse(path)
        case .usedByAnother: .locked(path)
        case .system(let number): .unusable(path, reason: String(cString: strerror(number)))
        }
    }

    /// Checks, under the lock, that no other server uses the files beside the database. A server whose database was
    /// removed may go on with them for long.
    private func checkBesideFiles() throws(DatabaseLock.Failure) {
        for suffix in SQLiteFile.suffixesBeside where access(realPath + suffix, F_OK) == 0 {
            do throws(DatabaseLock.Failure) {
                // The lock is released at once, because SQLite may create the file anew.
                try DatabaseLock.take(path: realPath + suffix).release()
            } catch {
                if wasMade, isEmpty { unlink(realPath) }
                throw error
            }
        }
    }

    /// Locks the files beside the open database, too. Then the lock is seen whichever of the files is removed.
    func lockBesideFiles(_ lock: DatabaseLock) throws(StoreOpenError) {
        do throws(DatabaseLock.Failure) {
            for suffix in SQLiteFile.suffixesBeside { try lock.add(realPath + suffix) }
        } catch {
            throw openError(error)
        }
    }

    /// Opens the database. A file that is not this program's is left exactly as it was.
    /// - Parameters:
    ///   - migrates: Whether the caller is going to migrate it.
    ///   - freeBytes: Returns the free space on the file's disk in bytes; nil if the system does not say.
    func open(
        migrates: Bool, freeBytes: (String) -> Int? = DatabaseFiles.freeBytes(beside:)
    ) throws(StoreOpenError) -> DatabasePool {
        if isEmpty { try checkNothingIsLeft() }
        _ = Self.countsNoMemory
        do {
            // The first connection is read-only, because GRDB's pool switches any database to WAL mode.
            let plain = try DatabaseQueue(path: realPath, configuration: configuration(readonly: true))
            switch try plain.read(Schema.owner) {
            case .nobody: if !mayBeMade { throw StoreOpenError.missing(path) }
            case .thisProgram:
                if migrates { try checkRoom(plain, freeBytes) }
                closeToOthers()
            case .newerVersion: throw StoreOpenError.newer(path)
            case .anotherProgram: throw StoreOpenError.foreign(path)
            }
            let pool = try DatabasePool(path: realPath, configuration: configuration())
            try pool.writeWithoutTransaction(setUpWriter)
            return pool
        } catch {
            throw StoreOpenError(error, path: path)
        }
    }

    /// Checks that the disk has room for the migration. A migration that fills the disk fails, and so does everything
    /// else on that disk.
    private func checkRoom(_ database: DatabaseQueue, _ freeBytes: (String) -> Int?) throws {
        let size = FileSize.bytes(of: realPath) + SQLiteFile.bytesOfLog(of: realPath)
        let needed = try database.read { try Schema.bytesToMigrate($0, size: size) }
        if needed > 0, let free = freeBytes(realPath), free < needed {
            throw StoreOpenError.noRoom(path, needed: needed, free: free)
        }
    }

    /// Throws if the database is empty but its log is not. SQLite would delete that log, and it holds what was written
    /// last. Whoever removed or emptied the database may still want it.
    private func checkNothingIsLeft() throws(StoreOpenError) {
        if !mayBeMade { throw .missing(path) }
        guard SQLiteFile.bytesOfLog(of: realPath) > 0 else { return }
        if wasMade { unlink(realPath) }
        throw .onlyLog(path: path)
    }

    private func setUpWriter(_ database: Database) throws {
        // SQLite's default of 2 MB holds too few of the index pages that a large batch touches.
        try database.execute(sql: "PRAGMA cache_size = -\(Self.writerCacheInKiB)")
        // With a longer interval, a page that changes often is checkpointed once.
        try database.execute(sql: "PRAGMA wal_autocheckpoint = \(BackgroundCheckpointer.pages)")
    }

    func configuration(readonly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.label = "SQLiteStore"
        configuration.readonly = readonly
        // The only foreign keys are those of `feeds`. `Settlement` derives its rows from the rows they refer to, so
        // checking them would be wasted.
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = SQLiteStore.readers
        // Set by a statement and not by `busyMode`, because with that the pool's readers wait for 10 s.
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA busy_timeout = \(Self.busyTimeoutInMilliseconds)")
            // The setting must come before the first temporary table (`UnsettledView`). Later it cannot be changed.
            if database.configuration.readonly { try database.execute(sql: "PRAGMA temp_store = MEMORY") }
        }
        return configuration
    }

    // MARK: - Modes

    /// A copied database may be readable by others. SQLite gives its mode to the files beside it.
    private func closeToOthers() {
        for file in SQLiteFile.suffixes.map({ realPath + $0 })
        where (try? OwnFile.check(file, allowsHardLinks: true)) == true {
            chmod(file, 0o600)
        }
    }

    /// Creates the file with mode 0600 and missing folders with 0700, before anything is written. SQLite gives the
    /// file's mode to the `-wal` and `-shm` files, and the process that opens the database owns them. So commands, too,
    /// refuse another user's database.
    /// - Returns: whether it created the file.
    private static func prepare(
        _ plainPath: String, _ path: String, mayBeMade: Bool
    ) throws(StoreOpenError) -> Bool {
        do throws(FileProblem) {
            if mayBeMade { try PrivateFolder.prepare(URL(fileURLWithPath: plainPath).deletingLastPathComponent().path) }
            var isThere = false
            // The path may be a symbolic link of the user's own. Its target is checked.
            let real = realpath(plainPath, nil)
            defer { free(real) }
            let target = real.map { String(cString: $0) } ?? plainPath
            for suffix in SQLiteFile.suffixes {
                // A database may have several names: they all lead to the same lock.
                isThere = try OwnFile.check(target + suffix, allowsHardLinks: suffix.isEmpty)
            }
            if isThere || !mayBeMade { return false }
            return try SQLiteFile.make(plainPath)
        } catch {
            let place = error.path == plainPath ? "" : "\(error.path): "
            throw .unusable(path, reason: place + error.description)
        }
    }
}
