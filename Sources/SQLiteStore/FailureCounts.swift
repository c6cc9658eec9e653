import ChatServer
import Synchronization

/// How often the database failed, by `StoreError.kind`.
final class FailureCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    var byKind: [String: Int] { counts.withLock { $0 } }

    /// Turns the database's errors into the store's, and counts them.
    func counted<Value>(_ result: Result<Value, any Error>) -> Result<Value, StoreError> {
        result.mapError { error in
            let error = StoreError(error)
            counts.withLock { $0[error.kind, default: 0] += 1 }
            return error
        }
    }
}
