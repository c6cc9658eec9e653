import Foundation
import GRDB
import HostSystem
import Synchronization

/// Makes the file of the write-ahead log as long as it is going to be, before messages need the room.
///
/// A commit that lengthens the file waits for the disk twice: for its own bytes, and for the file system's record of the new
/// length. A commit over bytes that are there waits once. SQLite takes the zeros behind the last frame for the log's end: a
/// frame counts only with the salts of the header, which are never all zero (https://www.sqlite.org/fileformat2.html, 4.1).
final class LogRoom: Sendable {
    /// So much is written at a time, while messages wait for the writer.
    private static let step = 1 << 20
    /// Where it would take more than this part of the free disk, no room is made.
    private static let partOfFree = 16

    private let pool: DatabasePool
    private let files: DatabaseFiles
    private let bytes: Int
    private let isOver = Atomic(false)

    /// - Parameter bytes: How long the file is made.
    init(_ pool: DatabasePool, files: DatabaseFiles, bytes: Int) {
        self.pool = pool
        self.files = files
        self.bytes = bytes
    }

    /// Returns at once. The room is made on the writer's thread, in steps, between which messages are stored.
    func make() {
        pool.asyncWriteWithoutTransaction { [self] database in
            if (try? makeSome(database)) == true { make() }
        }
    }

    /// Before the pool is closed.
    func end() {
        isOver.store(true, ordering: .relaxed)
    }

    /// - Returns: whether there is more to do.
    private func makeSome(_ database: Database) throws -> Bool {
        guard !isOver.load(ordering: .relaxed), missing > 0, files.areInPlace else { return false }
        guard Self.isAffordable(missing, free: files.freeBytes) else { return false }
        var isMade = false
        // No other program adds to the log meanwhile.
        try database.inTransaction(.immediate) {
            isMade = lengthen()
            return .rollback
        }
        return isMade && missing > 0
    }

    /// - Parameter free: Bytes on the disk; nil where the system does not say.
    static func isAffordable(_ bytes: Int, free: Int?) -> Bool {
        free.map { $0 / partOfFree > bytes } ?? false
    }

    private var missing: Int { bytes - FileSize.bytes(of: files.logPath) }

    /// Where it fails, as on a full disk, the file stays as it was.
    private func lengthen() -> Bool {
        let descriptor = open(files.logPath, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let end = FileSize.bytes(of: files.logPath)
        let zeros = [UInt8](repeating: 0, count: min(Self.step, max(0, bytes - end)))
        // Zeros that are written, and not only reserved: the first write to a reserved block changes the file's records again.
        let written = zeros.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(end)) }
        if written == zeros.count, fsync(descriptor) == 0 { return true }
        _ = ftruncate(descriptor, off_t(end))
        return false
    }
}
