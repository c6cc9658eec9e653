import ChatWire
import Synchronization

/// Whose page is made next. A long one keeps a connection of the database, and then a core, busy for as long as
/// hundreds of log-ins would; so few are made at once, and users take turns, a page each. `Turns` decides.
final class PageSemaphore: Sendable {
    private let semaphore: Mutex<FairSemaphore<CheckedContinuation<Void, Never>>>

    /// - Parameter atOnce: At least one.
    init(atOnce: Int) {
        semaphore = Mutex(FairSemaphore(atOnce: atOnce))
    }

    /// How many wait.
    var count: Int { semaphore.withLock(\.count) }

    /// Makes a page for a user when it is their turn.
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
