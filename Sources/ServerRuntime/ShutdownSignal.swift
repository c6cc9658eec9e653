import Foundation
import HostSystem

/// Waits for the first SIGTERM, SIGINT or other reason to end. It also ignores the signals that would end the program
/// in the middle of a write.
final class ShutdownSignal: Sendable {
    private let reasons: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    private let sources: SignalSources

    init() {
        let (reasons, continuation) = AsyncStream.makeStream(of: String.self)
        self.reasons = reasons
        self.continuation = continuation
        for number in Self.ignored { signal(number, SIG_IGN) }
        // A signal that the parent made the process ignore stays ignored. `nohup` does that, and so does a shell for a job
        // in the background.
        let heard = Self.ends.filter { number, _ in !IgnoredSignals.isIgnored(number) }
        let names = Dictionary(uniqueKeysWithValues: heard)
        sources = SignalSources(heard.map(\.0)) { number in
            if let name = names[number] { continuation.yield(name) }
        }
    }

    /// A pipe without a reader (SIGPIPE) and a file at its limit (SIGXFSZ) are errors of the write. SIGUSR1 and SIGUSR2
    /// mean something to other servers, and operators may send them by habit.
    private static let ignored = [SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2]

    private static let ends: [(Int32, String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGALRM, "SIGALRM"), (SIGVTALRM, "SIGVTALRM"), (SIGPROF, "SIGPROF"),
        (SIGIO, "SIGIO"), (SIGPWR, "SIGPWR"), (SIGXCPU, "SIGXCPU"),
    ]

    func trigger(_ reason: String) {
        continuation.yield(reason)
    }

    func wait() async -> String {
        for await reason in reasons { return reason }
        return "the end of its task"
    }
}
