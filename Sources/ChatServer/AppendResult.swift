/// What became of a message on its way into the store.
typealias AppendResult = Result<AppendOutcome, StoreError>

extension AppendResult {
    /// Nil where nothing new was stored.
    var stored: StoredMessage? {
        if case .success(.stored(let stored)) = self { stored } else { nil }
    }

    /// A repeat, or the database's fault: it does not count among what its sender may send.
    var isFree: Bool {
        switch self {
        case .success(.duplicate), .failure: true
        case .success: false
        }
    }

    /// What the log and the metrics are told, also where the sender has gone; nil for a repeat.
    var line: LogLine? {
        switch self {
        case .success(.stored(let stored)): .stored(stored)
        case .success(.duplicate): nil
        case .success(.conflict): .refused(.idempotencyConflict)
        case .success(.banned): .refused(.forbidden)
        case .success(.rateLimited): .refused(.rateLimited)
        case .failure(let error): .storageFailed(error)
        }
    }
}
