import Foundation
import HostSystem
import Synchronization

/// Shows other windows that this one lives: a lock that the system releases when the process ends, however it ends.
///
/// A window's number is never used again, so one that was found gone stays gone.
final class WindowLock: Sendable {
    let id: Int64
    private let path: String
    private let lock: Mutex<FileLock?>

    init(files: StoreFiles) throws(LocalStore.OpenError) {
        id = Int64.random(in: 1 ... .max)
        path = files.window(id)
        guard let taken = try FileLock.take(path: path) else { throw .system(EWOULDBLOCK) }
        lock = Mutex(taken)
    }

    deinit { release() }

    func release() {
        lock.withLock { lock in
            guard let taken = lock else { return }
            lock = nil
            // While it is held, so that nobody finds a file that is nobody's.
            unlink(path)
            taken.close()
        }
    }

    /// Removes the files of windows that are gone. Only while the gate is held: a window that opens has made its file a
    /// moment before it has the lock.
    static func removeStale(files: StoreFiles) {
        for path in files.windows where (try? OwnFile.check(path)) == true && !FileLock.isHeld(path: path) {
            unlink(path)
        }
    }
}
