/// The result of storing a message, or the store's failure.
typealias AppendResult = Result<AppendOutcome, StoreError>

extension AppendResult {
    /// The message that was stored; nil if nothing new was.
    var stored: StoredMessage? {
        if case .success(.stored(let stored)) = self { stored } else { nil }
    }

    /// Whether the sender gets the message's permit back: for a repeat, and for a failure of the database.
    var refundsPermit: Bool {
        switch self {
        case .success(.duplicate), .failure: true
        case .success(.stored), .success(.conflict), .success(.refused), .success(.banned), .success(.rateLimited):
            false
        }
    }

    /// The line for the log and the metrics; nil for a repeat. It does not depend on whether the sender is still
    /// connected.
    var line: LogLine? {
        switch self {
        case .success(.stored(let stored)): .stored(stored)
        case .success(.duplicate): nil
        case .success(.conflict): .refused(.idempotencyConflict)
        case .success(.refused): .refused(.invalidMessage)
        case .success(.banned): .refused(.forbidden)
        case .success(.rateLimited): .refused(.rateLimited)
        case .failure(let error): .storageFailed(error)
        }
    }
}
