import Dispatch
import Foundation
import Logging

/// The first SIGTERM, SIGINT or other reason to end, waited for once. It also gives a meaning to signals that would end the
/// program in the middle of something.
final class ShutdownSignal: Sendable {
    private let reasons: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init() {
        let (reasons, continuation) = AsyncStream.makeStream(of: String.self)
        self.reasons = reasons
        self.continuation = continuation
        for number in Self.meaningless { signal(number, SIG_IGN) }
        let heard = Self.ends.filter { number, _ in !Self.isIgnored(number) }
        sources = heard.map { number, name in
            signal(number, SIG_IGN)  // the dispatch source hears of it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
    }

    /// A pipe without a reader and a file at its limit are errors of writing; the others other programs send by habit.
    private static let meaningless = [SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2]

    private static let ends: [(Int32, String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGALRM, "SIGALRM"), (SIGVTALRM, "SIGVTALRM"), (SIGPROF, "SIGPROF"),
        (SIGIO, "SIGIO"), (SIGPWR, "SIGPWR"), (SIGXCPU, "SIGXCPU"),
    ]

    /// By whoever started the program, as nohup does, and a shell for a job in the background.
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
