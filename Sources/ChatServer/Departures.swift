import ChatWire
import DequeModule
import Synchronization

/// Lets a little time pass before one who left counts as gone, so that a reconnect does not show.
///
/// One task for all of them, and none while nobody is leaving.
final class Departures: Sendable {
    struct Departure: Sendable {
        var user: UserID
        var leftAt: Timestamp
    }

    private struct State {
        var waiting: Deque<(departure: Departure, due: ContinuousClock.Instant)> = []
        var isRunning = false
    }

    private let grace: Duration
    private let state = Mutex(State())

    init(grace: Duration) {
        self.grace = grace
    }

    /// - Parameter gone: Called when the time has passed. It has to look whether the user is back.
    func append(_ departure: Departure, gone: @escaping @Sendable (Departure) async -> Void) {
        let due = ContinuousClock.now + grace
        let isFirst = state.withLock { state in
            state.waiting.append((departure, due))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { return }
        Task {
            while let (departure, due) = next() {
                try? await Task.sleep(until: due, clock: .continuous)
                await gone(departure)
            }
        }
    }

    private func next() -> (departure: Departure, due: ContinuousClock.Instant)? {
        state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isRunning = false }
            return next
        }
    }
}
