import ChatServer
import Synchronization

/// The number of database failures, by `StoreError.kind`.
final class FailureCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    var byKind: [String: Int] { counts.withLock { $0 } }

    /// Converts the database's error to a `StoreError` and counts it.
    func counted<Value>(_ result: Result<Value, any Error>) -> Result<Value, StoreError> {
        result.mapError { error in
            let error = StoreError(error)
            counts.withLock { $0[error.kind, default: 0] += 1 }
            return error
        }
    }
}
