import ChatWire
import Synchronization

/// Whose page is made next. A long one keeps a connection of the database, and then a core, busy for as long as
/// hundreds of log-ins would; so few are made at once, and users take turns, a page each.
final class PageTurns: Sendable {
    private struct State {
        var free: Int
        var waiting = FairQueue<UserID, CheckedContinuation<Void, Never>>()
    }

    private let state: Mutex<State>

    /// - Parameter atOnce: At least one.
    init(atOnce: Int) {
        state = Mutex(State(free: max(1, atOnce)))
    }

    /// How many wait.
    var count: Int { state.withLock(\.waiting.count) }

    /// Makes a page for a user when it is their turn.
    func make<Page, Failure: Error>(
        for user: UserID, _ page: () async throws(Failure) -> Page
    ) async throws(Failure) -> Page {
        await turn(of: user)
        defer { endTurn() }
        return try await page()
    }

    private func turn(of user: UserID) async {
        await withCheckedContinuation { continuation in
            let isTurn = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation, of: user)
                return false
            }
            if isTurn { continuation.resume() }
        }
    }

    private func endTurn() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let next = state.waiting.take(1, each: 1).first { return next }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
