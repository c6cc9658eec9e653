/// Looks once a minute, and at once after a sleep of the machine that was longer: the continuous clock's timers count
/// the time asleep, while those that the terminal and the network wait with stand still.
final class WakeTimer: Sendable {
    private let task: Task<Void, Never>

    init(_ look: @escaping @Sendable () -> Void) {
        task = Task {
            let clock = ContinuousClock()
            while (try? await clock.sleep(for: .seconds(60), tolerance: .seconds(5))) != nil { look() }
        }
    }

    func end() { task.cancel() }
}
