import Dispatch
import Foundation
import Logging

/// The first SIGTERM, SIGINT or other reason to end, waited for once.
final class ShutdownSignal: Sendable {
    private let reasons: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init() {
        let (reasons, continuation) = AsyncStream.makeStream(of: String.self)
        self.reasons = reasons
        self.continuation = continuation
        signal(SIGPIPE, SIG_IGN)
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            signal(number, SIG_IGN)  // the dispatch source hears of it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
    }

    func trigger(_ reason: String) {
        continuation.yield(reason)
    }

    func wait() async -> String {
        for await reason in reasons { return reason }
        return "the end of its task"
    }
}
