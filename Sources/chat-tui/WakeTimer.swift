/// Looks once a minute, and at once after a sleep of the machine that was longer. The timers of the continuous clock count the time
/// asleep; those that the terminal and the network wait with stand still.
final class WakeTimer: Sendable {
    private let task: Task<Void, Never>

    init(every interval: Duration = .seconds(60), _ look: @escaping @Sendable () -> Void) {
        task = Task {
            let clock = ContinuousClock()
            while (try? await clock.sleep(for: interval, tolerance: interval / 12)) != nil { look() }
        }
    }

    func end() { task.cancel() }

    /// Returns when it will not look any more.
    func ended() async { await task.value }
}
