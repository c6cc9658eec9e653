import CLibrary

/// Writes to a descriptor without blocking.
///
/// All processes that share a descriptor, the shell included, share its flags, so these stay as they are. A terminal or
/// a pipe is opened anew, a socket is written to without blocking, and a file never blocks.
public final class NonblockingWriter: Sendable {
    public enum Outcome: Sendable, Hashable {
        case written(Int)
        /// Nothing is accepted now. Poll `descriptor` to learn when more is.
        case full
        /// The system failed. The number is `errno`.
        case failed(Int32)
    }

    private enum Kind {
        case waitsNever
        case socket
        /// The descriptor blocks and cannot be opened anew; it may be another user's terminal. After `poll` it accepts
        /// this many bytes.
        case waits(most: Int)
    }

    public let descriptor: Int32
    private let kind: Kind
    private let isOwn: Bool

    public init(_ descriptor: Int32) {
        var status = stat()
        fstat(descriptor, &status)
        let format = status.st_mode & S_IFMT
        let isTerminal = isatty(descriptor) == 1
        var own: Int32 = -1
        if isTerminal || format == S_IFIFO {
            own = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        }
        self.descriptor = own >= 0 ? own : descriptor
        isOwn = own >= 0
        let flags = fcntl(descriptor, F_GETFL)
        let isNonblocking = isOwn || (flags >= 0 && flags & O_NONBLOCK != 0)
        kind =
            switch format {
            case S_IFSOCK: .socket
            case S_IFIFO where !isNonblocking: .waits(most: 512)  // of the 4096 that POLLOUT promises
            case S_IFCHR where isTerminal && !isNonblocking: .waits(most: 1)
            default: .waitsNever
            }
    }

    deinit {
        if isOwn { close(descriptor) }
    }

    public func write(_ bytes: ArraySlice<UInt8>) -> Outcome {
        while true {
            var most = bytes.count
            if case .waits(let count) = kind {
                guard isWritable else { return .full }
                most = min(most, count)
            }
            let count = bytes.withUnsafeBytes { bytes in
                if case .socket = kind {
                    return send(descriptor, bytes.baseAddress, most, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
                }
                return CLibrary.write(descriptor, bytes.baseAddress, most)
            }
            if count >= 0 { return .written(count) }
            if errno == EAGAIN { return .full }
            if errno != EINTR { return .failed(errno) }
        }
    }

    /// Writes everything, but waits no longer than `patience` for the reader.
    /// - Returns: The number of bytes written.
    @discardableResult
    public func write(_ bytes: [UInt8], within patience: Duration) -> Int {
        let deadline = ContinuousClock.now + patience
        var rest = bytes[...]
        while !rest.isEmpty {
            switch write(rest) {
            case .written(let count): rest = rest.dropFirst(count)
            case .full: guard waitUntilWritable(deadline) else { return bytes.count - rest.count }
            case .failed: return bytes.count - rest.count
            }
        }
        return bytes.count
    }

    private var isWritable: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    private func waitUntilWritable(_ deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&entry, 1, Int32(left.rounded(.up))) > 0 { return true }
        }
    }
}
