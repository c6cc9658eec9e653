import Foundation
import HostSystem
import SQLiteFiles
import Synchronization

/// That this process alone serves a database. It ends with the process, however that ends.
///
/// The lock lies on a byte of the database file itself, far behind those that SQLite locks, so there is no file beside it
/// that a cleaner could remove, and every name of the file leads to the same lock. A server has it on the files beside the
/// database as well: one of them shows that it runs, whichever was removed. Nobody but servers and a restore looks at it:
/// `cp`, `sqlite3` and the other commands for operators go on beside it.
final class DatabaseLock: Sendable {
    private static let place: off_t = 1 << 62

    /// What this process holds. A second descriptor of such a file must not even be opened: closing it would drop SQLite's
    /// own locks (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    private static let held = Mutex<Set<FileIdentity>>([])

    private let files = Mutex<[FileIdentity: CInt]>([:])

    private init() {}

    deinit { release() }

    /// Why there is no lock.
    enum Failure: Error, Hashable {
        case heldByAnother
        /// No server, but some program has the database open.
        case usedByAnother
        case system(errno: CInt)
    }

    static func take(path: String) throws(Failure) -> DatabaseLock {
        let lock = DatabaseLock()
        guard try lock.add(path) else { throw .system(errno: ENOENT) }
        return lock
    }

    /// Lays it on a file beside the database, too.
    /// - Returns: whether there is one.
    @discardableResult
    func add(_ path: String) throws(Failure) -> Bool {
        guard let identity = FileIdentity(path: path) else {
            if errno == ENOENT { return false }
            throw .system(errno: errno)
        }
        if files.withLock({ $0[identity] != nil }) { return true }
        guard Self.held.withLock({ $0.insert(identity).inserted }) else { throw .heldByAnother }
        do throws(Failure) {
            let descriptor = try Self.lock(path, identity)
            files.withLock { $0[identity] = descriptor }
        } catch {
            _ = Self.held.withLock { $0.remove(identity) }
            throw error
        }
        return true
    }

    private static func lock(_ path: String, _ identity: FileIdentity) throws(Failure) -> CInt {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        if descriptor < 0 { throw .system(errno: errno) }
        let number = lock(descriptor, from: place, count: 1)
        // Another file may have been put there since.
        if number == 0, FileIdentity(descriptor: descriptor) == identity, FileIdentity(path: path) == identity {
            return descriptor
        }
        close(descriptor)
        throw [0, EAGAIN, EACCES].contains(number) ? .heldByAnother : .system(errno: number)
    }

    /// Keeps every program that knows SQLite's locks from the files, until this lock ends. It has no connection of its own.
    func keepEverybodyOut() throws(Failure) {
        for descriptor in files.withLock({ Array($0.values) }) {
            let number = Self.lock(descriptor, from: 0, count: 0)
            if number != 0 { throw [EAGAIN, EACCES].contains(number) ? .usedByAnother : .system(errno: number) }
        }
    }

    /// - Parameter count: Of bytes; 0 for all.
    /// - Returns: 0, or the system's error.
    private static func lock(_ descriptor: CInt, from start: off_t, count: off_t) -> CInt {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = start
        range.l_len = count
        // It belongs to the open file and not to the process: other descriptors of the file that this process closes leave it.
        return fcntl(descriptor, setLockOfOpenFile, &range) == 0 ? 0 : errno
    }

    /// `F_OFD_SETLK`, which not every C library shows.
    #if canImport(Darwin)
        private static let setLockOfOpenFile: CInt = 90
    #else
        private static let setLockOfOpenFile: CInt = 37
    #endif

    /// Only when SQLite has closed the file.
    func release() {
        let files = files.withLock { files in
            defer { files = [:] }
            return files
        }
        // At once: as soon as a removed file is closed, a new one may be given its identity.
        Self.held.withLock { held in
            for descriptor in files.values { close(descriptor) }
            held.subtract(files.keys)
        }
    }
}

/// The files of an open database, by their names.
final class DatabaseFiles: Sendable {
    let path: String
    private let open: OpenDatabaseFiles

    var logPath: String { path + "-wal" }

    /// As they are now. The database is open, so they are all there.
    init(path: String) {
        self.path = path
        open = OpenDatabaseFiles(path: path)
    }

    /// Whether the names still lead to the files that are open.
    var areInPlace: Bool { open.areInPlace }

    /// How many bytes this user may still write beside the database; nil where the system does not say.
    var freeBytes: Int? { Self.freeBytes(beside: path) }

    static func freeBytes(beside path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail
        return Int(clamping: UInt64(blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
