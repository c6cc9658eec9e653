import Foundation
import GRDB
import HostSystem
import Synchronization

/// Preallocates the file of the write-ahead log.
///
/// A commit that lengthens the file waits for the disk twice: for its own bytes, and for the file's new length. A commit
/// that overwrites existing bytes waits once. SQLite ignores the zeros after the last frame: a frame is valid only with
/// the salts of the header, and these are never all zero (https://www.sqlite.org/fileformat2.html, 4.1).
final class LogRoom: Sendable {
    /// The bytes written at a time. Messages wait for the writer meanwhile.
    private static let step = 1 << 20
    /// Nothing is preallocated that needs more than this fraction of the free disk.
    private static let partOfFree = 16

    private let pool: DatabasePool
    private let files: DatabaseFiles
    private let bytes: Int
    private let isOver = Atomic(false)

    /// - Parameter bytes: The length of the file after the preallocation.
    init(_ pool: DatabasePool, files: DatabaseFiles, bytes: Int) {
        self.pool = pool
        self.files = files
        self.bytes = bytes
    }

    /// Begins to preallocate, and returns at once. It works on the writer's thread in steps, so that messages can be stored
    /// in between.
    func make() {
        pool.asyncWriteWithoutTransaction { [self] database in
            if (try? makeSome(database)) == true { make() }
        }
    }

    /// Call it before the pool is closed.
    func end() {
        isOver.store(true, ordering: .relaxed)
    }

    /// - Returns: whether there is more to do.
    private func makeSome(_ database: Database) throws -> Bool {
        guard !isOver.load(ordering: .relaxed), missing > 0, files.areInPlace else { return false }
        guard Self.isAffordable(missing, free: files.freeBytes) else { return false }
        var isMade = false
        // The transaction keeps other programs from adding to the log.
        try database.inTransaction(.immediate) {
            isMade = lengthen()
            return .rollback
        }
        return isMade && missing > 0
    }

    /// - Parameter free: The free bytes on the disk; nil if the system does not say.
    static func isAffordable(_ bytes: Int, free: Int?) -> Bool {
        free.map { $0 / partOfFree > bytes } ?? false
    }

    private var missing: Int { bytes - FileSize.bytes(of: files.logPath) }

    /// Appends zeros. If that fails, as on a full disk, the file stays as it was.
    /// - Returns: whether it succeeded.
    private func lengthen() -> Bool {
        let descriptor = open(files.logPath, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let end = FileSize.bytes(of: files.logPath)
        let zeros = [UInt8](repeating: 0, count: min(Self.step, max(0, bytes - end)))
        // The zeros are written, not only reserved, because the first write to a reserved block changes the file's
        // metadata again.
        let written = zeros.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(end)) }
        if written == zeros.count, fsync(descriptor) == 0 { return true }
        _ = ftruncate(descriptor, off_t(end))
        return false
    }
}
