import Dispatch
import Foundation
import Logging

/// Waits for the first SIGTERM, SIGINT or other reason to end. It also ignores the signals that would end the program
/// in the middle of a write.
final class ShutdownSignal: Sendable {
    private let reasons: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init() {
        let (reasons, continuation) = AsyncStream.makeStream(of: String.self)
        self.reasons = reasons
        self.continuation = continuation
        for number in Self.ignored { signal(number, SIG_IGN) }
        let heard = Self.ends.filter { number, _ in !Self.isIgnored(number) }
        sources = heard.map { number, name in
            signal(number, SIG_IGN)  // The dispatch source receives it all the same.
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
    }

    /// A pipe without a reader (SIGPIPE) and a file at its limit (SIGXFSZ) are errors of the write. SIGUSR1 and SIGUSR2
    /// mean something to other servers, and operators may send them by habit.
    private static let ignored = [SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2]

    private static let ends: [(Int32, String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGALRM, "SIGALRM"), (SIGVTALRM, "SIGVTALRM"), (SIGPROF, "SIGPROF"),
        (SIGIO, "SIGIO"), (SIGPWR, "SIGPWR"), (SIGXCPU, "SIGXCPU"),
    ]

    /// Whether the parent made the process ignore a signal. `nohup` does, and so does a shell for a job in the
    /// background.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0, action.sa_flags & SA_SIGINFO == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
    }

    func trigger(_ reason: String) {
        continuation.yield(reason)
    }

    func wait() async -> String {
        for await reason in reasons { return reason }
        return "the end of its task"
    }
}
