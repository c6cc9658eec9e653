import ChatUI
import Foundation

/// Standard output, a line at a time. What it is given is safe to show.
struct LineOutput {
    enum Failure: Error {
        /// Whoever read it has gone, as `head` does.
        case closed
        case system(Int32)
    }

    private var buffer: [UInt8] = []
    /// So many bytes wait for more before they are written.
    private let capacity: Int

    init(capacity: Int = 0) { self.capacity = capacity }

    mutating func write(_ line: String) throws(Failure) {
        buffer += line.utf8
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count > capacity { try flush() }
    }

    mutating func flush() throws(Failure) {
        var rest = buffer[...]
        buffer.removeAll(keepingCapacity: capacity > 0)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                throw .closed
            } else if errno == EAGAIN {
                var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, -1)
            } else if errno != EINTR {
                throw .system(errno)
            }
        }
    }
}

extension LineOutput {
    /// Calls `body`, on a thread of its own, when nobody reads standard output any more; also while nothing is written.
    static func whenReaderLeaves(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&descriptor, 1, -1) < 0 && errno == EINTR {}
            if descriptor.revents & Int16(POLLERR | POLLHUP) != 0 { body() }
        }
        thread.start()
    }
}

extension LineOutput.Failure {
    /// A reader that has gone has what it wanted.
    func commandFailure(_ texts: Texts) -> CommandFailure {
        switch self {
        case .closed: CommandFailure(code: CommandFailure.Code.success)
        case .system(let number):
            CommandFailure(
                sentence: texts.outputFailed(String(cString: strerror(number))), code: CommandFailure.Code.output)
        }
    }
}
