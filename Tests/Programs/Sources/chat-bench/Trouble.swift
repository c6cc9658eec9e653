import ChatWire
import Synchronization

/// The first thing that went wrong on any connection of a measurement, after which its numbers mean nothing.
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

    /// What happens from now on, like the end of the connections, is no trouble any more.
    func end() {
        state.withLock { $0.isOver = true }
    }
}
