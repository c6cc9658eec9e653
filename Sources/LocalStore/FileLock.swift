import Foundation
import HostSystem

/// An advisory lock (`flock`) on a file of its own. It is held until `close`, or until the process ends in any way.
struct FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock without waiting. Creates the file if there is none.
    /// - Returns: nil if another process holds the lock.
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

    /// Takes the lock. Waits up to five seconds for it, then throws `EBUSY`.
    static func wait(path: String) throws(LocalStore.OpenError) -> FileLock {
        for _ in 0..<500 {
            if let lock = try take(path: path) { return lock }
            usleep(10_000)
        }
        throw .refused(EBUSY)  // another window's
    }

    /// Whether somebody holds the lock. The check takes a shared lock, so checks by several windows do not disturb each
    /// other.
    static func isHeld(path: String) -> Bool {
        let descriptor = Foundation.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        // Without a file nobody holds the lock. If the file cannot be opened, somebody may.
        if descriptor < 0 { return errno != ENOENT }
        defer { Foundation.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    func close() {
        Foundation.close(descriptor)
    }
}
