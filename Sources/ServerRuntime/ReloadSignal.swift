import Foundation
import HostSystem

/// Receives SIGHUP. It does so from the first moment on, so that the signal never ends the server.
final class ReloadSignal: Sendable {
    private let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let source: SignalSources

    init() {
        // Signals that come while one is being served count as one.
        let (calls, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.calls = calls
        self.continuation = continuation
        source = SignalSources([SIGHUP]) { _ in continuation.yield() }
    }

    /// Calls `reload` for each signal, one call after the other, until `end`.
    func forEach(_ reload: () async -> Void) async {
        for await _ in calls { await reload() }
    }

    func end() {
        continuation.finish()
    }
}
