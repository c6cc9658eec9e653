import DequeModule
import Synchronization

/// Turns for reads of many rows, first come first served. They are fewer than the connections that read, so that there is always
/// one for reads of a few rows: no log-in waits for a page.
final class LongReads: Sendable {
    private struct State {
        var free: Int
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let state: Mutex<State>

    /// - Parameter atOnce: At least one.
    init(atOnce: Int) {
        state = Mutex(State(free: max(1, atOnce)))
    }

    /// Returns when it is the caller's turn, which then lasts until ``endTurn()``.
    func turn() async {
        await withCheckedContinuation { continuation in
            let isTurn = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isTurn { continuation.resume() }
        }
    }

    func endTurn() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
