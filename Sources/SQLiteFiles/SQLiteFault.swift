import GRDB

/// What a failure of GRDB or SQLite means, in the terms that every store needs.
public struct SQLiteFault: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// The disk is full.
        case full
        /// Another connection holds the lock.
        case locked
        case damaged
        case notADatabase
        /// The statement was interrupted, as it is when it took too long.
        case interrupted
        case readOnly
        case notPermitted
        /// The disk fails, but not at reading.
        case inputOutput
        /// The disk cannot be read.
        case unreadable
        case noMemory
        /// A row holds what this program never writes.
        case strangeRow
        case other
    }

    public let kind: Kind
    /// SQLite's words, for logs. They quote no row: texts of messages do not belong there.
    public let message: String

    public init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            // GRDB's other errors are about rows, and quote them.
            kind = .strangeRow
            message = "a row of the database holds what this program never writes"
            return
        }
        kind = Kind(error)
        message = error.message ?? error.resultCode.description
    }
}

extension SQLiteFault.Kind {
    fileprivate init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
        case .SQLITE_CORRUPT: self = .damaged
        case .SQLITE_NOTADB: self = .notADatabase
        case .SQLITE_INTERRUPT: self = .interrupted
        case .SQLITE_READONLY: self = .readOnly
        case .SQLITE_PERM, .SQLITE_AUTH: self = .notPermitted
        case .SQLITE_NOMEM: self = .noMemory
        case .SQLITE_IOERR:
            switch error.extendedResultCode {
            // The write-ahead log's index could not grow; SQLite has no code of its own for that.
            case .SQLITE_IOERR_SHMSIZE: self = .full
            case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS: self = .unreadable
            default: self = .inputOutput
            }
        default: self = .other
        }
    }
}
