import ChatWire
import Synchronization

/// The first failure on any connection of a measurement. After it the numbers mean nothing.
final class Trouble: Sendable {
    private struct State {
        var first: (any Error)?
        var isOver = false
    }

    private let state = Mutex(State())

    func note(_ error: any Error) {
        state.withLock { state in
            if !state.isOver { state.first = state.first ?? error }
        }
    }

    func check() throws {
        if let first = state.withLock({ $0.first }) { throw first }
    }

    /// Call it at the end. Later events, such as closed connections, are no failures.
    func end() {
        state.withLock { $0.isOver = true }
    }
}
