/// The result of storing a message, or the failure of the store that has stored nothing of the whole batch.
typealias AppendResult = Result<AppendOutcome, StoreError>

extension AppendResult {
    /// The message that was stored; nil if nothing new was.
    var stored: StoredMessage? {
        if case .success(.stored(let stored)) = self { stored } else { nil }
    }

    /// Whether the sender gets the message's permit back: for a repeat, and for a failure of the database.
    var refundsPermit: Bool {
        switch self {
        case .success(.duplicate), .success(.notStored), .failure: true
        case .success(.stored), .success(.conflict), .success(.refused), .success(.banned), .success(.rateLimited),
            .success(.unknown):
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
        case .success(.notStored(let error)), .failure(let error): .storageFailed(error)
        case .success(.unknown(let error)): .storageUnknown(error)
        }
    }
}
