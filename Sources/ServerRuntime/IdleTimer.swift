import Synchronization

/// Calls back when nobody has been connected for a while. A server that was started by a client ends itself then.
final class IdleTimer: Sendable {
    private struct State {
        var connections = 0
        var countdown: Task<Void, Never>?
    }

    private let limit: Duration
    private let expired: @Sendable () -> Void
    private let state = Mutex(State())

    /// The time begins at once.
    init(limit: Duration, expired: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.expired = expired
        state.withLock { $0.countdown = countdown() }
    }

    func connectionOpened() {
        state.withLock { state in
            state.connections += 1
            state.countdown?.cancel()
            state.countdown = nil
        }
    }

    func connectionClosed() {
        state.withLock { state in
            state.connections -= 1
            if state.connections == 0 { state.countdown = countdown() }
        }
    }

    private func countdown() -> Task<Void, Never> {
        Task { [limit, expired] in
            do {
                try await Task.sleep(for: limit)
                expired()
            } catch {}  // cancelled: somebody connected
        }
    }
}
