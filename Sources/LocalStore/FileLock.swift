import Foundation
import HostSystem

/// An advisory lock (`flock`) on a file of its own, held until it is closed or the process ends, however it ends.
struct FileLock: Sendable {
    private let descriptor: Int32

    /// Makes the file where there is none. Nil where another holds the lock.
    static func take(path: String) throws(LocalStore.OpenError) -> FileLock? {
        let descriptor: Int32
        do throws(FileProblem) {
            descriptor = try OwnFile.open(path, O_RDWR)
        } catch {
            throw .init(error)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return FileLock(descriptor: descriptor) }
        let error = errno
        Foundation.close(descriptor)
        if error == EWOULDBLOCK || error == EINTR { return nil }
        throw .system(error)
    }

    /// Waits for whoever holds the lock, but not for ever.
    static func wait(path: String) throws(LocalStore.OpenError) -> FileLock {
        for _ in 0..<500 {
            if let lock = try take(path: path) { return lock }
            usleep(10_000)
        }
        throw .refused(EBUSY)  // another window's
    }

    /// Whether somebody holds the lock. Trying to share it disturbs no other who asks the same.
    static func isHeld(path: String) -> Bool {
        let descriptor = Foundation.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        // Without the file there is no holder; if it cannot be looked at, there may be one.
        if descriptor < 0 { return errno != ENOENT }
        defer { Foundation.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    func close() {
        Foundation.close(descriptor)
    }
}
