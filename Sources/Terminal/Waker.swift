import CLibrary
import Synchronization

/// Wakes the thread that waits in `Terminal.wait(until:)`, from any thread, at any time.
public struct Waker: Sendable {
    let pipe: WakePipe

    /// Many calls before the waiting thread looks are one event.
    public func wake() {
        pipe.wake()
    }
}

/// A pipe that `poll` can watch. A byte in it is the number of a signal, or 0 for a call of `wake`.
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

    /// Returns when there is something to drain, or it is time.
    func waitForBytes(until deadline: ContinuousClock.Instant?) {
        var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        let milliseconds = deadline.map { max(0, min(($0 - .now) / .milliseconds(1), 3_600_000)).rounded(.up) } ?? -1
        poll(&entry, 1, Int32(milliseconds))
    }

    /// Empties the pipe. What is to be handled is looked for after this, so the flag falls last: a call of `wake` before
    /// it falls needs no byte of its own, and one after it writes one that nobody has read yet.
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
