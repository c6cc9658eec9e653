import Synchronization

/// The server's one copy of its metrics, for all threads.
final class SharedMetrics: Sendable {
    private let metrics = Mutex(Metrics())

    var current: Metrics { metrics.withLock { $0 } }

    func update(_ change: (inout Metrics) -> Void) { metrics.withLock { change(&$0) } }
}
