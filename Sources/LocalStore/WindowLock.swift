import Foundation
import HostSystem
import Synchronization

/// Shows other windows that this window is open. The system releases the lock when the process ends in any way.
///
/// A window's number is never reused, so a closed window stays closed.
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
            // The file is removed while it is locked, so that no other window finds a file without a lock.
            unlink(path)
            taken.close()
        }
    }

    /// Removes the files of closed windows. Call it only while `StoreFiles.openingLock` is held: a window that opens
    /// creates its file shortly before it locks it.
    static func removeStale(files: StoreFiles) {
        for path in files.windows where (try? OwnFile.check(path)) == true && !FileLock.isHeld(path: path) {
            unlink(path)
        }
    }
}
