import CLibrary
import HostSystem
import Synchronization

/// A Unix socket that this process alone serves.
///
/// Beside the socket lies a lock file, `PATH.lock`, locked for as long as the claim lasts. Only its holder removes or
/// makes the socket, so two servers that start at once cannot take it from each other, and one that crashed leaves
/// nothing that has to be cleaned up by hand. Should a cleaner of temporary files remove the lock file, the socket still
/// answers, and is left to its server; and a server whose files were removed learns it from `isInPlace`. (systemd's cleaner
/// leaves the folder alone, because it is locked as well.) The folder must be the user's own, since whoever may write to it could
/// put another socket in its place.
public final class LocalSocket: Sendable {
    public let path: String

    private struct State {
        var descriptor: CInt?
        var lock: CInt?
        var folderLock: CInt?
    }
    private let state: Mutex<State>
    /// Which files are this claim's.
    private let socketFile: FileIdentity?
    private let lockFile: FileIdentity?

    private init(path: String, descriptor: CInt, lock: CInt) {
        self.path = path
        socketFile = FileIdentity(path: path, followsLinks: false)
        lockFile = FileIdentity(path: path + ".lock", followsLinks: false)
        state = Mutex(State(descriptor: descriptor, lock: lock, folderLock: Self.shareFolder(of: path)))
    }

    deinit { release() }

    /// Claims `path`: makes its folder if it is missing (mode 0700), takes the lock, removes what an earlier process
    /// left, and binds a socket of mode 0600.
    public static func claim(path: String) throws(LocalSocketError) -> LocalSocket {
        guard var address = UnixAddress(path) else { throw .pathTooLong(path, limit: UnixAddress.pathLimit) }
        try prepareFolder(of: path)
        // Before there is a lock, which would stay behind.
        _ = try isLeft(path)
        let lock = try takeLock(path + ".lock")
        do throws(LocalSocketError) {
            return LocalSocket(path: path, descriptor: try bind(&address, path: path), lock: lock)
        } catch {
            close(lock)
            throw error
        }
    }

    /// Whether the socket and its lock are still found under their names. Where they are not, new clients find nobody, or
    /// another server, and this one should claim its path again, or end.
    public var isInPlace: Bool {
        FileIdentity(path: path, followsLinks: false) == socketFile
            && FileIdentity(path: path + ".lock", followsLinks: false) == lockFile
    }

    /// The bound socket, handed over once.
    func takeDescriptor() throws(ListenError) -> CInt {
        let descriptor = state.withLock { state in
            defer { state.descriptor = nil }
            return state.descriptor
        }
        guard let descriptor else { throw .notBound(path, "it is listened on already") }
        return descriptor
    }

    /// Removes the socket and gives up the claim. The lock file stays: removing it would let two processes hold locks
    /// on two files of the same name.
    public func release() {
        let old = state.withLock { state in
            defer { state = State() }
            return state
        }
        if let descriptor = old.descriptor { close(descriptor) }
        if let folderLock = old.folderLock { close(folderLock) }
        guard let lock = old.lock else { return }
        // Another's, should there be one now, is left alone.
        if FileIdentity(path: path, followsLinks: false) == socketFile { unlink(path) }
        close(lock)
    }

    /// Whether a client may speak to what is at `path`: only this user can have put a socket there. A folder that is not
    /// there is safe, for the server makes it.
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

    /// Shared, for other sockets may be in the folder. Cleaners that respect locks try for an exclusive one.
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

    /// Whether there is a socket of this user's.
    private static func isLeft(_ path: String) throws(LocalSocketError) -> Bool {
        var status = stat()
        if lstat(path, &status) != 0 { return false }
        if status.st_mode & S_IFMT != S_IFSOCK { throw .notASocket(path) }
        if status.st_uid != geteuid() { throw .anothersSocket(path) }
        return true
    }

    private static func takeLock(_ path: String) throws(LocalSocketError) -> CInt {
        var status = stat()
        // To open a device may do something already.
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
            // Whoever serves it has lost the lock file, but not the socket.
            if address.isServed { throw .heldByAnother(path) }
            unlink(path)
        }
        let descriptor = UnixAddress.makeSocket()
        if descriptor < 0 { throw .system("making a socket", errno: errno) }
        // Nobody can connect before it listens, so the mode is right in time.
        guard address.bind(descriptor), chmod(path, 0o600) == 0 else {
            let reason = errno
            close(descriptor)
            throw .system("binding \(path)", errno: reason)
        }
        return descriptor
    }
}

/// Why a Unix socket could not be claimed.
public enum LocalSocketError: Error, Sendable, Hashable {
    /// A running process holds the claim.
    case heldByAnother(String)
    /// The system's addresses hold `limit` bytes of a path.
    case pathTooLong(String, limit: Int)
    /// Others could put another socket in the folder; the text says why.
    case unsafeFolder(String, String)
    /// There is a file at the path that is no socket; it is left alone.
    case notASocket(String)
    /// The socket at the path is another program's; it is left alone.
    case anothersSocket(String)
    /// What listens there belongs to another user.
    case strangersProcess(String)
    /// What was tried, and the system's error.
    case system(String, errno: Int32)
}

/// A `sockaddr_un` that holds a path.
private struct UnixAddress {
    /// The most bytes of a path, without the zero behind it.
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

    /// Whether somebody listens there: anything but a refusal is taken for a yes, since a full queue is one too.
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

/// `bind(2)`, under a name that methods called `bind` do not hide.
private func systemBind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    bind(descriptor, address, length)
}

/// `connect(2)`, likewise.
private func systemConnect(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    connect(descriptor, address, length)
}
