import CSQLiteSettings
import ChatServer
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// The file of a database: made for this user only, looked at before it is changed, opened as the store needs it.
struct DatabaseFile {
    /// As the user wrote it, for messages.
    let path: String
    /// From the root, without links: it leads to the file whatever the working folder is.
    let realPath: String
    /// There was none before.
    let wasMade: Bool
    private let mayBeMade: Bool

    /// How long a statement waits for another program that holds the database's lock.
    private static let busyTimeoutInMilliseconds = 2000

    private static let writerCacheInKiB = 64 * 1024

    /// Nobody asks SQLite how much memory it has, and counting takes a lock of the whole process for each piece of it. Where it was
    /// used in this process before, it goes on counting.
    private static let countsNoMemory = chat_sqlite_count_no_memory() == 0

    /// Makes the file where it is missing and may be made.
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

    /// Nil where an operator's command runs beside a server.
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

    /// A server whose database was removed may go on for long with the files beside it. Under the lock.
    private func checkBesideFiles() throws(DatabaseLock.Failure) {
        for suffix in SQLiteFile.suffixesBeside where access(realPath + suffix, F_OK) == 0 {
            do throws(DatabaseLock.Failure) {
                // Only as long as it takes: SQLite may make the file anew.
                try DatabaseLock.take(path: realPath + suffix).release()
            } catch {
                if wasMade, isEmpty { unlink(realPath) }
                throw error
            }
        }
    }

    /// Shows that the server runs, whichever of the files is removed. Once the database is open.
    func lockBesideFiles(_ lock: DatabaseLock) throws(StoreOpenError) {
        do throws(DatabaseLock.Failure) {
            for suffix in SQLiteFile.suffixesBeside { try lock.add(realPath + suffix) }
        } catch {
            throw openError(error)
        }
    }

    /// A file that is not ours is left exactly as it was.
    /// - Parameters:
    ///   - migrates: Whether it is going to be.
    ///   - freeBytes: On the file's disk; nil where the system does not say.
    func open(
        migrates: Bool, freeBytes: (String) -> Int? = DatabaseFiles.freeBytes(beside:)
    ) throws(StoreOpenError) -> DatabasePool {
        if isEmpty { try checkNothingIsLeft() }
        _ = Self.countsNoMemory
        do {
            // Read-only, because GRDB's pool turns whatever it opens into WAL mode first.
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

    /// A migration that fills the disk fails in the end, and everybody else on that disk before it.
    private func checkRoom(_ database: DatabaseQueue, _ freeBytes: (String) -> Int?) throws {
        let size = FileSize.bytes(of: realPath) + SQLiteFile.bytesOfLog(of: realPath)
        let needed = try database.read { try Schema.bytesToMigrate($0, size: size) }
        if needed > 0, let free = freeBytes(realPath), free < needed {
            throw StoreOpenError.noRoom(path, needed: needed, free: free)
        }
    }

    /// SQLite would delete a log beside an empty database: the only place of what was written last, which whoever removed or
    /// emptied the database may still want.
    private func checkNothingIsLeft() throws(StoreOpenError) {
        if !mayBeMade { throw .missing(path) }
        guard SQLiteFile.bytesOfLog(of: realPath) > 0 else { return }
        if wasMade { unlink(realPath) }
        throw .onlyLog(path: path)
    }

    private func setUpWriter(_ database: Database) throws {
        // SQLite's own 2 MB hold few of the pages that a large batch touches in its indexes.
        try database.execute(sql: "PRAGMA cache_size = -\(Self.writerCacheInKiB)")
        // A page that changes again and again is folded in once.
        try database.execute(sql: "PRAGMA wal_autocheckpoint = \(LogFolding.pages)")
    }

    func configuration(readonly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.label = "SQLiteStore"
        configuration.readonly = readonly
        // The only ones are those of `feeds`, which `Settlement` derives from the rows that they refer to.
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = SQLiteStore.readers
        // By a statement and not by `busyMode`, which leaves the pool's readers waiting for 10 s.
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA busy_timeout = \(Self.busyTimeoutInMilliseconds)")
            // Before the first temporary table (`UnsettledView`), which it cannot be changed after.
            if database.configuration.readonly { try database.execute(sql: "PRAGMA temp_store = MEMORY") }
        }
        return configuration
    }

    // MARK: - Modes

    /// A copy of our database may be open to others; SQLite gives its mode to those beside it.
    private func closeToOthers() {
        for file in SQLiteFile.suffixes.map({ realPath + $0 })
        where (try? OwnFile.check(file, severalNames: true)) == true {
            chmod(file, 0o600)
        }
    }

    /// Makes the file with mode 0600, and missing folders with 0700, before there is anything to read in them. SQLite
    /// gives the file's mode to the `-wal` and `-shm` files beside it, and makes them in the name of whoever opens it: so
    /// another user's database is left alone by commands as well.
    /// - Returns: whether it was made.
    private static func prepare(
        _ plainPath: String, _ path: String, mayBeMade: Bool
    ) throws(StoreOpenError) -> Bool {
        do throws(FileProblem) {
            if mayBeMade { try PrivateFolder.prepare(URL(fileURLWithPath: plainPath).deletingLastPathComponent().path) }
            var isThere = false
            // A link of the user's own may lead to it; what it leads to is looked at.
            let real = realpath(plainPath, nil)
            defer { free(real) }
            let target = real.map { String(cString: $0) } ?? plainPath
            for suffix in SQLiteFile.suffixes {
                // All names of a database lead to the same lock.
                isThere = try OwnFile.check(target + suffix, severalNames: suffix.isEmpty)
            }
            if isThere || !mayBeMade { return false }
            return try SQLiteFile.make(plainPath)
        } catch {
            let place = error.path == plainPath ? "" : "\(error.path): "
            throw .unusable(path, reason: place + error.description)
        }
    }
}
