import Foundation

/// A small file that the user names: settings, a secret, a token. It may belong to another user, a link may lead to it,
/// and it may be a pipe, such as that of `<(command)`.
public enum InputFile {
    public enum Problem: Error, Sendable, Hashable {
        case folder
        /// A device or a socket. Opening a device may have an effect, and reading it may never end.
        case notAFile
        /// It has more bytes than the limit.
        case tooLong
        /// Nobody has written to the pipe in time, or has not closed it.
        case silent
        /// The `errno` of a system call.
        case system(Int32)
    }

    /// Reads the whole file.
    /// - Parameters:
    ///   - limit: The maximum size in bytes.
    ///   - takesNullDevice: Whether `/dev/null` counts as an empty file. Otherwise it is refused like any device.
    ///   - patience: The time limit for a pipe.
    ///   - whenWaiting: Called once if a pipe has kept the program waiting for a second.
    public static func contents(
        of path: String, limit: Int, takesNullDevice: Bool = true, patience: Duration = .seconds(5),
        whenWaiting: (() -> Void)? = nil
    ) throws(Problem) -> [UInt8] {
        if takesNullDevice, NullDevice.isAt(path) { return [] }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(errno) }
        try check(status)
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
        try check(status)
        return try read(descriptor, limit, until: .now + patience, whenWaiting)
    }

    /// Whether the path is a pipe, which can be read only once.
    public static func isPipe(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    private static func check(_ status: stat) throws(Problem) {
        if status.st_mode & S_IFMT == S_IFDIR { throw .folder }
        guard [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT) else { throw .notAFile }
    }

    private static func read(
        _ descriptor: Int32, _ limit: Int, until deadline: ContinuousClock.Instant, _ whenWaiting: (() -> Void)?
    ) throws(Problem) -> [UInt8] {
        var word = whenWaiting.map { (isDue: ContinuousClock.now + .seconds(1), say: $0) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            if ContinuousClock.now >= deadline { throw .silent }
            if let due = word, ContinuousClock.now >= due.isDue {
                due.say()
                word = nil
            }
            let left = (min(deadline, word?.isDue ?? deadline) - .now) / .milliseconds(1)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, Int32(max(0, left).rounded(.up))) == 0 { continue }
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw .system(errno) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > limit { throw .tooLong }
        }
    }
}

/// The device `/dev/null`, which stands for no file.
enum NullDevice {
    static func isAt(_ path: String) -> Bool {
        var (status, null) = (stat(), stat())
        return stat(path, &status) == 0 && stat("/dev/null", &null) == 0 && status.st_mode & S_IFMT == S_IFCHR
            && null.st_mode & S_IFMT == S_IFCHR && status.st_rdev == null.st_rdev
    }
}
