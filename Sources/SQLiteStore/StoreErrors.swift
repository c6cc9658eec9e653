import ChatServer
import ChatWire
import SQLiteFiles

// Converts SQLite's errors to those of every store.

extension StoreOpenError {
    static func notADatabase(path: String) -> Self { .notADatabase(path, kind: "a SQLite database") }

    /// The database is missing or empty, but not its write-ahead log.
    static func onlyLog(path: String) -> Self {
        .incomplete(
            path,
            reason: """
                is missing or empty, but \(UntrustedText(path + "-wal").displayed()) beside it holds what was written last: \
                put the database back, or move that file away
                """)
    }

    init(_ error: any Error, path: String) {
        if let error = error as? StoreOpenError {
            self = error
            return
        }
        let reason = StoreError(error)
        switch SQLiteFault(error).kind {
        case .notADatabase: self = .notADatabase(path: path)
        case .damaged: self = .damaged(path, reason: reason.description)
        case .full, .locked, .interrupted, .readOnly, .notPermitted, .inputOutput, .unreadable, .noMemory, .strangeRow,
            .other:
            self = reason == .locked ? .locked(path) : .unusable(path, reason: reason.description)
        }
    }
}

extension StoreError {
    init(_ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        let fault = SQLiteFault(error)
        switch fault.kind {
        case .full: self = .full
        case .locked: self = .locked
        case .interrupted: self = .failed("a read took too long")
        case .damaged, .notADatabase, .readOnly, .notPermitted, .inputOutput, .unreadable, .noMemory, .strangeRow,
            .other:
            self = .failed(fault.message)
        }
    }
}

extension FailureCounts {
    /// Converts the database's error to a `StoreError` and counts it.
    func counted<Value>(_ result: Result<Value, any Error>) -> Result<Value, StoreError> {
        result.mapError { counted(StoreError($0)) }
    }
}
