import Foundation
import HostSystem
import Synchronization

/// The numbers of the signals that come while a command waits for its user, as bytes in a pipe that can be polled. Signals
/// belong to the process, so there is only one such wait at a time.
///
/// Handlers are set for each wait anew. Signal sources of the dispatch library would not do: a second source of the
/// same signal, made just after the first one was released, is never called.
public final class SignalPipe {
    /// The signals that end a program.
    public static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    public let readEnd: Int32
    private let writeEnd: Int32
    private var previous: [(signal: Int32, action: sigaction)] = []

    /// The pipe that the handler writes to.
    private static let pipe = Atomic<Int32>(-1)

    /// Signals that were ignored when the program started stay ignored. Nil if the system has no pipe for it.
    public init?(_ watched: [Int32]) {
        var ends: [Int32] = [-1, -1]
        guard Foundation.pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        Self.pipe.store(writeEnd, ordering: .sequentiallyConsistent)
        let action = makeAction(flags: SA_RESTART) { signal in
            // The interrupted code may be about to read `errno`.
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: signal)
            write(SignalPipe.pipe.load(ordering: .sequentiallyConsistent), &byte, 1)
            errno = saved
        }
        previous = watched.filter { !IgnoredSignals.atStart.contains($0) }
            .map { ($0, replaceAction(of: $0, by: action)) }
    }

    /// Restores the signals' previous actions.
    public func end() {
        for (signal, action) in previous { _ = replaceAction(of: signal, by: action) }
        previous = []
        Self.pipe.store(-1, ordering: .sequentiallyConsistent)
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Nil if no signal has come.
    public func next() -> Int32? {
        var byte: UInt8 = 0
        return read(readEnd, &byte, 1) == 1 ? Int32(byte) : nil
    }
}
