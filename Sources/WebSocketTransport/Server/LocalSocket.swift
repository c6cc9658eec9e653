import CLibrary
import HostSystem
import Synchronization

/// A Unix socket that at most one process serves.
///
/// Beside the socket is a lock file, `PATH.lock`, which is locked for as long as the claim lasts. Only the lock's
/// holder creates or removes the socket. So two servers that start at once cannot take it from each other, and a
/// crashed one leaves nothing that must be removed by hand.
///
/// If a cleaner of temporary files removes the lock file, the socket still answers, so it is left to its server. A
/// server whose files were removed learns that from `isInPlace`. systemd's cleaner leaves the folder alone, because the
/// folder is locked as well. The folder must belong to the user, because anybody who may write to it could replace the
/// socket.
public final class LocalSocket: Sendable {
    public let path: String

    private struct State {
        var descriptor: CInt?
        var lock: CInt?
        var folderLock: CInt?
    }
    private let state: Mutex<State>
    /// The identity of this claim's files.
    private let socketFile: FileIdentity?
    private let lockFile: FileIdentity?

    private init(path: String, descriptor: CInt, lock: CInt) {
        self.path = path
        socketFile = FileIdentity(path: path, followsLinks: false)
        lockFile = FileIdentity(path: path + ".lock", followsLinks: false)
        state = Mutex(State(descriptor: descriptor, lock: lock, folderLock: Self.shareFolder(of: path)))
    }

    deinit { release() }

    /// Claims `path`: creates its folder if it is missing (mode 0700), takes the lock, removes what an earlier process
    /// left, and binds a socket of mode 0600.
    public static func claim(path: String) throws(LocalSocketError) -> LocalSocket {
        guard var address = UnixAddress(path) else { throw .pathTooLong(path, limit: UnixAddress.pathLimit) }
        try prepareFolder(of: path)
        // This check comes before the lock, since a lock file would stay behind.
        _ = try isLeft(path)
        let lock = try takeLock(path + ".lock")
        do throws(LocalSocketError) {
            return LocalSocket(path: path, descriptor: try bind(&address, path: path), lock: lock)
        } catch {
            close(lock)
            throw error
        }
    }

    /// Whether the socket and its lock file are still at their paths. If not, new clients find no server or another
    /// one, so this server should claim the path again or end.
    public var isInPlace: Bool {
        FileIdentity(path: path, followsLinks: false) == socketFile
            && FileIdentity(path: path + ".lock", followsLinks: false) == lockFile
    }

    /// The descriptor of the bound socket. It can be taken once.
    func takeDescriptor() throws(ListenError) -> CInt {
        let descriptor = state.withLock { state in
            defer { state.descriptor = nil }
            return state.descriptor
        }
        guard let descriptor else { throw .notBound(path, "it is listened on already") }
        return descriptor
    }

    /// Removes the socket and ends the claim. The lock file stays: if it were removed, two processes could lock two
    /// files of the same name.
    public func release() {
        let old = state.withLock { state in
            defer { state = State() }
            return state
        }
        if let descriptor = old.descriptor { close(descriptor) }
        if let folderLock = old.folderLock { close(folderLock) }
        guard let lock = old.lock else { return }
        // If the path is another process's socket by now, it stays.
        if FileIdentity(path: path, followsLinks: false) == socketFile { unlink(path) }
        close(lock)
    }

    /// Checks that a client may connect to `path`: only this user can have created the socket. A missing folder is
    /// safe, since the server creates it.
    public static func check(path: String) throws(LocalSocketError) {
        guard UnixAddress(path) != nil else { throw .pathTooLong(path, limit: UnixAddress.pathLimit) }
        let folder = folder(of: path)
        var status = stat()
        if lstat(folder, &status) != 0, errno == ENOENT { return }
        try checkFolder(folder)
    }

    // MARK: Steps of a claim

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// The lock is shared, because other sockets may be in the folder. Cleaners that respect locks try for an exclusive
    /// one.
    private static func shareFolder(of path: String) -> CInt? {
        let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        _ = flock(descriptor, LOCK_SH | LOCK_NB)
        return descriptor
    }

    private static func prepareFolder(of path: String) throws(LocalSocketError) {
        let folder = folder(of: path)
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw .system("making \(folder)", errno: errno) }
        try checkFolder(folder)
    }

    private static func checkFolder(_ folder: String) throws(LocalSocketError) {
        var status = stat()
        if lstat(folder, &status) != 0 { throw .system("looking at \(folder)", errno: errno) }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let isOwn = status.st_uid == geteuid()
        let othersWrite = status.st_mode & (S_IWGRP | S_IWOTH) != 0
        if !isFolder { throw .unsafeFolder(folder, "it is a symbolic link, or no folder") }
        if !isOwn { throw .unsafeFolder(folder, "it belongs to another user") }
        if othersWrite { throw .unsafeFolder(folder, "other users may write to it") }
    }

    /// Whether a socket of this user's is there.
    private static func isLeft(_ path: String) throws(LocalSocketError) -> Bool {
        var status = stat()
        if lstat(path, &status) != 0 { return false }
        if status.st_mode & S_IFMT != S_IFSOCK { throw .notASocket(path) }
        if status.st_uid != geteuid() { throw .anothersSocket(path) }
        return true
    }

    private static func takeLock(_ path: String) throws(LocalSocketError) -> CInt {
        var status = stat()
        // Opening a device may have an effect already, so it is checked first.
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG || status.st_uid != geteuid() {
            throw .system("opening \(path)", errno: EEXIST)
        }
        let lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if lock < 0 { throw .system("opening \(path)", errno: errno) }
        if flock(lock, LOCK_EX | LOCK_NB) == 0 { return lock }
        let reason = errno
        close(lock)
        if reason == EWOULDBLOCK { throw .heldByAnother(path) }
        throw .system("locking \(path)", errno: reason)
    }

    private static func bind(_ address: inout UnixAddress, path: String) throws(LocalSocketError) -> CInt {
        if try isLeft(path) {
            // Its server has lost the lock file, but still serves the socket.
            if address.isServed { throw .heldByAnother(path) }
            unlink(path)
        }
        let descriptor = UnixAddress.makeSocket()
        if descriptor < 0 { throw .system("making a socket", errno: errno) }
        // Nobody can connect before the socket listens, so the mode is set in time.
        guard address.bind(descriptor), chmod(path, 0o600) == 0 else {
            let reason = errno
            close(descriptor)
            throw .system("binding \(path)", errno: reason)
        }
        return descriptor
    }
}

/// A `sockaddr_un` with a path.
private struct UnixAddress {
    /// The most bytes of a path, without the terminating NUL.
    static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private var address = sockaddr_un()

    init?(_ path: String) {
        guard path.utf8.count <= Self.pathLimit, !path.utf8.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    }

    static func makeSocket() -> CInt {
        #if canImport(Darwin)
        let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptor
        #else
        return socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
    }

    mutating func bind(_ descriptor: CInt) -> Bool {
        withAddress { systemBind(descriptor, $0, $1) == 0 }
    }

    /// Whether a process listens there. Only a refused connection means no: any other error may be a full queue.
    var isServed: Bool {
        mutating get {
            let descriptor = Self.makeSocket()
            if descriptor < 0 { return false }
            defer { close(descriptor) }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            if withAddress({ systemConnect(descriptor, $0, $1) == 0 }) { return true }
            return errno != ECONNREFUSED && errno != ENOENT
        }
    }

    private mutating func withAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// `bind(2)`. Its name differs so that methods called `bind` do not hide it.
private func systemBind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    bind(descriptor, address, length)
}

/// `connect(2)`, named for the same reason.
private func systemConnect(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    connect(descriptor, address, length)
}
