import ChatWire
import Synchronization

/// Whose page is made next. A long one keeps a connection of the database, and then a core, busy for as long as
/// hundreds of log-ins would; so few are made at once, and users take turns, a page each. `Turns` decides.
final class PageTurns: Sendable {
    private let turns: Mutex<Turns<CheckedContinuation<Void, Never>>>

    /// - Parameter atOnce: At least one.
    init(atOnce: Int) {
        turns = Mutex(Turns(atOnce: atOnce))
    }

    /// How many wait.
    var count: Int { turns.withLock(\.count) }

    /// Makes a page for a user when it is their turn.
    func make<Page, Failure: Error>(
        for user: UserID, _ page: () async throws(Failure) -> Page
    ) async throws(Failure) -> Page {
        await turn(of: user)
        defer { turns.withLock { $0.end() }?.resume() }
        return try await page()
    }

    private func turn(of user: UserID) async {
        await withCheckedContinuation { continuation in
            if turns.withLock({ $0.begin(continuation, of: user) }) { continuation.resume() }
        }
    }
}
