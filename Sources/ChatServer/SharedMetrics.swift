import Synchronization

/// The server's metrics, shared by all threads.
final class SharedMetrics: Sendable {
    private let metrics = Mutex(Metrics())

    var current: Metrics { metrics.withLock { $0 } }

    func update(_ change: (inout Metrics) -> Void) { metrics.withLock { change(&$0) } }
}
