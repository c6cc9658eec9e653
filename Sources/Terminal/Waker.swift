import CLibrary
import Synchronization

/// Wakes the thread that waits in `Terminal.wait(until:)`. It may be called on any thread at any time.
public struct Waker: Sendable {
    let pipe: WakePipe

    /// Calls before the waiting thread wakes up count as one event.
    public func wake() {
        pipe.wake()
    }
}

/// A pipe for `poll`. Each byte in it is the number of a signal, or 0 for a call of `wake`.
final class WakePipe: Sendable {
    let readEnd: Int32
    let writeEnd: Int32
    private let isWoken = Atomic(false)

    init() throws(TerminalError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .systemCall("pipe", errno) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func wake() {
        if isWoken.exchange(true, ordering: .sequentiallyConsistent) { return }
        var zero: UInt8 = 0
        write(writeEnd, &zero, 1)  // a full pipe wakes as well
    }

    /// Returns when there is something to drain, or at the deadline.
    func waitForBytes(until deadline: ContinuousClock.Instant?) {
        var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        let milliseconds = deadline.map { max(0, min(($0 - .now) / .milliseconds(1), 3_600_000)).rounded(.up) } ?? -1
        poll(&entry, 1, Int32(milliseconds))
    }

    /// Empties the pipe and then clears the flag. The caller looks for work afterwards. So a call of `wake` before the
    /// flag is cleared needs no byte of its own, and a later one writes a byte that is still unread.
    func drain() -> [UInt8] {
        defer { isWoken.store(false, ordering: .sequentiallyConsistent) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
            let count = read(readEnd, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                return bytes
            }
        }
    }
}
