/// Calls a function every minute, and soon after the machine slept longer than that. Swift's continuous clock counts
/// the time asleep; the clocks that the terminal and the network wait with do not.
final class WakeTimer: Sendable {
    private let task: Task<Void, Never>

    init(every interval: Duration = .seconds(60), _ action: @escaping @Sendable () -> Void) {
        task = Task {
            let clock = ContinuousClock()
            while (try? await clock.sleep(for: interval, tolerance: interval / 12)) != nil { action() }
        }
    }

    func end() { task.cancel() }

    /// Returns after the last call has ended.
    func ended() async { await task.value }
}
