import DequeModule
import Synchronization

/// Turns for reads of many rows, first come, first served. They are fewer than the readers' connections, so that one is
/// always left for short reads. No log-in waits for a page of history.
final class LongReadSemaphore: Sendable {
    private struct State {
        var free: Int
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let state: Mutex<State>

    /// - Parameter atOnce: How many may have a turn at a time; at least one.
    init(atOnce: Int) {
        state = Mutex(State(free: max(1, atOnce)))
    }

    /// Waits for a turn. The caller ends it with ``signal()``.
    func wait() async {
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

    func signal() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
