import Foundation

/// A lock that one process has at a time (flock(2)). The kernel releases it when its holder ends, however that happens.
/// The lock's file stays: if it were removed, two processes could hold locks on two files of one name.
public final class FileLock: Sendable {
    private let descriptor: Int32

    /// A wait that is longer is not left unexplained.
    private static let noticeTime: Duration = .seconds(1)

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock.
    /// - Parameters:
    ///   - path: The lock's own file. It is created with mode 0600 if it does not exist.
    ///   - patience: How long another holder may keep it.
    ///   - whenBusy: Called once if another holder has kept it for a second.
    /// - Returns: the lock, which lasts as long as the object; nil if another process kept it for too long.
    public static func take(
        _ path: String, patience: Duration, whenBusy: (@Sendable () -> Void)? = nil
    ) async throws(FileProblem) -> FileLock? {
        // Nothing is in it, so a second name of it, as a backup makes one, does no harm.
        let descriptor = try OwnFile.open(path, O_RDWR, allowsHardLinks: true)
        let lock = FileLock(descriptor: descriptor)
        let start = ContinuousClock.now
        let end = start + patience
        var whenBusy = whenBusy
        var pause: Duration = .milliseconds(1)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw FileProblem(path: path, reason: .system(errno)) }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: pause)) != nil else { return nil }
            pause = min(pause * 2, .milliseconds(20))
            if let notice = whenBusy, .now - start >= noticeTime {
                notice()
                whenBusy = nil
            }
        }
        return lock
    }
}
