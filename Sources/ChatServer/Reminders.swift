import ChatWire
import Synchronization

/// Wakes connections when their time has come: the times at which tokens end.
///
/// No timer for each connection, but one task for all, which sleeps until the first is due; none while nobody waits. A
/// connection has one time at most, and times are rounded up to whole seconds, so that thousands are few wake-ups.
final class Reminders: Sendable {
    private struct State {
        var schedule = Schedule<ObjectIdentifier, Connection>()
        /// Sleeps until the slot, the first there is.
        var sleeper: (slot: Int64, task: Task<Void, Never>)?
    }

    /// The clock may be set meanwhile, so it is looked at so often while somebody waits.
    private static let longestSleep: Duration = .seconds(60)

    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// Wakes the connection at this time, in place of what was to come before.
    func remind(_ connection: Connection, at time: Timestamp) {
        let slot = (time.microseconds + 999_999) / 1_000_000
        state.withLock { state in
            state.schedule.set(connection, ObjectIdentifier(connection), at: slot)
            setSleeper(&state)
        }
    }

    func forget(_ connection: Connection) {
        state.withLock { state in
            if state.schedule.remove(ObjectIdentifier(connection)) { setSleeper(&state) }
        }
    }

    var count: Int { state.withLock { $0.schedule.count } }

    private func setSleeper(_ state: inout State) {
        let first = state.schedule.first()
        if let first, let sleeper = state.sleeper, sleeper.slot <= first { return }  // it looks again when it wakes
        state.sleeper?.task.cancel()
        state.sleeper = first.map { slot in
            let wait = Timestamp(seconds: slot) - now()
            let task = Task { [weak self] in
                do {
                    try await Task.sleep(for: min(wait, Self.longestSleep))
                    self?.sweep()
                } catch {}  // cancelled: another took its place
            }
            return (slot, task)
        }
    }

    /// Wakes all whose time has come.
    func sweep() {
        let slot = now().microseconds / 1_000_000
        let due = state.withLock { state -> [Connection] in
            state.sleeper = nil
            let due = state.schedule.takeDue(upTo: slot)
            setSleeper(&state)
            return due
        }
        for connection in due { connection.handle(.reminded) }
    }
}
