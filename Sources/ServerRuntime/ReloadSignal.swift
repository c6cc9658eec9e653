import Dispatch
import Foundation

/// SIGHUP, from the first moment on: it never ends the server.
final class ReloadSignal: Sendable {
    private let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    init() {
        // Many that come while one is served are one.
        let (calls, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.calls = calls
        self.continuation = continuation
        signal(SIGHUP, SIG_IGN)  // the dispatch source hears of it all the same
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.resume()
    }

    /// Calls `reload`, one time after the other, until `end`.
    func forEach(_ reload: () async -> Void) async {
        for await _ in calls { await reload() }
    }

    func end() {
        continuation.finish()
    }
}
