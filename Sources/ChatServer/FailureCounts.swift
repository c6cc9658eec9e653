import Synchronization

/// The number of a store's failures, by `StoreError.kind`.
package final class FailureCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    package init() {}

    package var byKind: [String: Int] { counts.withLock { $0 } }

    /// Counts an error, and returns it.
    package func counted(_ error: StoreError) -> StoreError {
        counts.withLock { $0[error.kind, default: 0] += 1 }
        return error
    }
}
