import Foundation
import GRDB
import HostSystem

/// Lengthens the file of the write-ahead log in steps, before commits need the length.
///
/// A commit that lengthens the file waits for the disk twice: for its own bytes, and for the file's new length. A commit
/// that overwrites existing bytes waits once. SQLite ignores the zeros after the last frame: a frame is valid only with
/// the salts of the header, and these are never all zero (https://www.sqlite.org/fileformat2.html, 4.1).
///
/// A step is as long as what is used, so that the disk gets at most twice the bytes of the messages.
final class LogRoom: Sendable {
    /// The bytes of a step.
    private static let steps = (64 << 10)...(1 << 20)
    /// A step follows when less than this is left, in bytes.
    private static let leastLeft = 32 << 10
    /// Nothing is preallocated that needs more than this fraction of the free disk.
    private static let partOfFree = 16

    private let files: DatabaseFiles
    private let bytes: Int
    /// The log itself, whatever its path leads to by now. Negative if there is none.
    private let descriptor: CInt

    /// - Parameter bytes: The length above which nothing is preallocated.
    init(_ files: DatabaseFiles, bytes: Int) {
        self.files = files
        self.bytes = bytes
        let opened = open(files.logPath, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if opened >= 0, !files.include(descriptor: opened) {
            close(opened)
            descriptor = -1
        } else {
            descriptor = opened
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Lengthens the file if it is almost used up. It belongs on the writer's thread, behind a commit.
    /// - Parameters:
    ///   - length: The length of the file, in bytes, as far as its path tells.
    ///   - used: The bytes that SQLite uses of it.
    func extend(_ length: Int, used: Int, _ database: Database) {
        guard descriptor >= 0, used >= Self.steps.lowerBound, needsStep(length, used) else { return }
        // The transaction keeps other programs from adding to the log meanwhile.
        try? database.inTransaction(.immediate) {
            // Another program may have taken its time, and the path may lead elsewhere.
            let end = FileSize.bytes(of: descriptor)
            if needsStep(end, used) { lengthen(from: end, by: min(used, Self.steps.upperBound)) }
            return .rollback
        }
    }

    /// - Parameter free: The free bytes on the disk; nil if the system does not say.
    static func isAffordable(_ bytes: Int, free: Int?) -> Bool {
        free.map { $0 / partOfFree > bytes } ?? false
    }

    private func needsStep(_ length: Int, _ used: Int) -> Bool {
        length < bytes && length - used < Self.leastLeft
    }

    /// Appends zeros. If that fails, as on a full disk, the file stays as it was.
    private func lengthen(from end: Int, by step: Int) {
        guard Self.isAffordable(step, free: files.freeBytes) else { return }
        let zeros = [UInt8](repeating: 0, count: min(step, bytes - end))
        // The zeros are written, not only reserved, because the first write to a reserved block changes the file's
        // metadata again.
        let written = zeros.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(end)) }
        if written != zeros.count || fsync(descriptor) != 0 { _ = ftruncate(descriptor, off_t(end)) }
    }
}
