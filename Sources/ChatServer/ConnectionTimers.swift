import ChatWire
import Synchronization

/// Wakes connections when their time has come: the times at which tokens end.
///
/// No timer for each connection, but one task for all, which sleeps until the first is due; none while nobody waits. A
/// connection has one time at most, and times are rounded up to whole seconds, so that thousands are few wake-ups.
/// `TimerSchedule` decides.
final class ConnectionTimers: Sendable {
    private struct State {
        var schedule = TimerSchedule<Connection>()
        var sleep: Task<Void, Never>?
    }

    /// The clock may be set meanwhile, so it is looked at so often while somebody waits.
    private static let maxSleep: Duration = .seconds(60)

    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// Wakes the connection at this time, in place of what was to come before.
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
                } catch {}  // cancelled: another took its place
            }
        }
    }

    /// Wakes all whose time has come.
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
