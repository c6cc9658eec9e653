import ChatWire
import Synchronization

/// Limits how many pages are read and encoded at the same time. One long page uses a connection of the database, and
/// then a core, for as long as hundreds of log-ins, so few are allowed, and users take turns, one page each.
/// `FairSemaphore` makes the decisions.
final class PageSemaphore: Sendable {
    private let semaphore: Mutex<FairSemaphore<CheckedContinuation<Void, Never>>>

    /// - Parameter atOnce: The number of permits, at least one.
    init(atOnce: Int) {
        semaphore = Mutex(FairSemaphore(atOnce: atOnce))
    }

    /// The number of waiting tasks.
    var count: Int { semaphore.withLock(\.count) }

    /// Runs `body` when it is the user's turn.
    func withPermit<Value, Failure: Error>(
        for user: UserID, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await acquire(for: user)
        defer { semaphore.withLock { $0.release() }?.resume() }
        return try await body()
    }

    private func acquire(for user: UserID) async {
        await withCheckedContinuation { continuation in
            if semaphore.withLock({ $0.acquire(continuation, of: user) }) { continuation.resume() }
        }
    }
}
