import ChatWire
import Synchronization

/// The timers of connections, for the expiry of their tokens.
///
/// One task serves all connections. It sleeps until the first timer is due, and there is no task if there is no timer.
/// A connection has at most one timer. Timers are rounded up to whole seconds, so that thousands of them cause few
/// wake-ups. `TimerSchedule` makes the decisions.
final class ConnectionTimers: Sendable {
    private struct State {
        var schedule = TimerSchedule<Connection>()
        var sleep: Task<Void, Never>?
    }

    /// The wall clock may be set during a sleep, so it is checked at least this often.
    private static let maxSleep: Duration = .seconds(60)

    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// Sets the connection's timer. It replaces the timer before.
    func setTimer(_ connection: Connection, at time: Timestamp) {
        state.withLock { state in follow(state.schedule.set(connection, at: time), &state) }
    }

    func cancel(_ connection: Connection) {
        state.withLock { state in follow(state.schedule.remove(connection), &state) }
    }

    var count: Int { state.withLock(\.schedule.count) }

    private func follow(_ change: TimerSchedule<Connection>.Change, _ state: inout State) {
        switch change {
        case .none: return
        case .stop:
            state.sleep?.cancel()
            state.sleep = nil
        case .sleep(let second):
            state.sleep?.cancel()
            let wait = Timestamp(seconds: second) - now()
            state.sleep = Task { [weak self] in
                do {
                    try await Task.sleep(for: min(wait, Self.maxSleep))
                    self?.fireDue()
                } catch {}  // cancelled, because another sleep replaces it
            }
        }
    }

    /// Fires all timers that are due.
    func fireDue() {
        let time = now()
        let due = state.withLock { state in
            let (due, change) = state.schedule.takeDue(at: time)
            state.sleep = nil
            follow(change, &state)
            return due
        }
        for connection in due { connection.handle(.timerFired) }
    }
}
