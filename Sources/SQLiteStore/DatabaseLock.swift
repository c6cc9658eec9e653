import Foundation
import HostSystem
import SQLiteFiles
import Synchronization

/// A lock by which at most one process serves a database. It ends when the process does, however that happens.
///
/// The lock is on a byte of the database file itself, far behind the bytes that SQLite locks. So there is no lock file
/// that could be removed, and every name of the database leads to the same lock. A server locks the files beside the
/// database as well, so that one of them shows that it runs, whichever was removed. Only servers and a restore check
/// the lock. `cp`, `sqlite3` and the other operator commands work beside a server.
final class DatabaseLock: Sendable {
    private static let place: off_t = 1 << 62

    /// The files that this process has locked. They must not be opened a second time: closing that descriptor would
    /// drop SQLite's own locks (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    private static let held = Mutex<Set<FileIdentity>>([])

    private let files = Mutex<[FileIdentity: CInt]>([:])

    private init() {}

    deinit { release() }

    /// Why the lock could not be taken.
    enum Failure: Error, Hashable {
        case heldByAnother
        /// No server holds the lock, but some program has the database open.
        case usedByAnother
        case system(errno: CInt)
    }

    static func take(path: String) throws(Failure) -> DatabaseLock {
        let lock = DatabaseLock()
        guard try lock.add(path) else { throw .system(errno: ENOENT) }
        return lock
    }

    /// Locks a file beside the database with the same lock.
    /// - Returns: whether the file exists.
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
        // The path may name another file by now.
        if number == 0, FileIdentity(descriptor: descriptor) == identity, FileIdentity(path: path) == identity {
            return descriptor
        }
        close(descriptor)
        throw [0, EAGAIN, EACCES].contains(number) ? .heldByAnother : .system(errno: number)
    }

    /// Blocks every program that respects SQLite's locks until this lock is released. This process must have no
    /// connection to the database.
    func keepEverybodyOut() throws(Failure) {
        for descriptor in files.withLock({ Array($0.values) }) {
            let number = Self.lock(descriptor, from: 0, count: 0)
            if number != 0 { throw [EAGAIN, EACCES].contains(number) ? .usedByAnother : .system(errno: number) }
        }
    }

    /// - Parameter count: The number of bytes; 0 for all up to the end.
    /// - Returns: 0, or `errno`.
    private static func lock(_ descriptor: CInt, from start: off_t, count: off_t) -> CInt {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = start
        range.l_len = count
        // An open file description lock. It stays when this process closes another descriptor of the file.
        return fcntl(descriptor, setLockOfOpenFile, &range) == 0 ? 0 : errno
    }

    /// The value of `F_OFD_SETLK`. Not every C library declares it.
    #if canImport(Darwin)
    private static let setLockOfOpenFile: CInt = 90
    #else
    private static let setLockOfOpenFile: CInt = 37
    #endif

    /// Call it only after SQLite has closed the file.
    func release() {
        let files = files.withLock { files in
            defer { files = [:] }
            return files
        }
        // The descriptors are closed within the lock: once a removed file is closed, a new file may get the same
        // identity.
        Self.held.withLock { held in
            for descriptor in files.values { close(descriptor) }
            held.subtract(files.keys)
        }
    }
}

/// The files of an open database.
final class DatabaseFiles: Sendable {
    let path: String
    private let open: OpenDatabaseFiles

    var logPath: String { path + "-wal" }

    /// Records their identities. The database must be open, so that all of them exist.
    init(path: String) {
        self.path = path
        open = OpenDatabaseFiles(path: path)
    }

    /// Whether the paths still lead to the files that are open.
    var areInPlace: Bool { open.areInPlace }

    /// Whether a descriptor is one of the files that are open.
    func include(descriptor: CInt) -> Bool { open.include(descriptor: descriptor) }

    /// How many bytes this user may still write on the database's disk; nil if the system does not say.
    var freeBytes: Int? { Self.freeBytes(beside: path) }

    static func freeBytes(beside path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail
        return Int(clamping: UInt64(blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
