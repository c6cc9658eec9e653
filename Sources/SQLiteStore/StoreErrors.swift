import ChatServer
import ChatWire
import GRDB

// SQLite's failures in the words of every store.

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
        switch error {
        case let error as StoreOpenError: self = error
        case DatabaseError.SQLITE_NOTADB: self = .notADatabase(path: path)
        case DatabaseError.SQLITE_CORRUPT: self = .damaged(path, reason: StoreError(error).description)
        default:
            switch StoreError(error) {
            case .locked: self = .locked(path)
            case let error: self = .unusable(path, reason: error.description)
            }
        }
    }
}

extension StoreError {
    init(_ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            // GRDB's other errors are about rows, and quote them: message texts do not belong into logs.
            self = .failed("a row of the database holds what this program never writes")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
        // The write-ahead log's index could not grow; SQLite has no code of its own for that.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: self = .full
        case .SQLITE_INTERRUPT: self = .failed("a read took too long")
        default: self = .failed(error.message ?? error.resultCode.description)
        }
    }
}
