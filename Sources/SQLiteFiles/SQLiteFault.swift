import GRDB

/// The meaning of a failure of GRDB or SQLite, in terms that both stores use.
public struct SQLiteFault: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// The disk is full.
        case full
        /// Another connection holds the lock.
        case locked
        case damaged
        case notADatabase
        /// The statement was interrupted, for example because it took too long.
        case interrupted
        case readOnly
        case notPermitted
        /// The disk failed, but not while reading.
        case inputOutput
        /// The disk cannot be read.
        case unreadable
        case noMemory
        /// A row contains a value that this program never writes.
        case strangeRow
        case other
    }

    public let kind: Kind
    /// SQLite's text, for logs. It quotes no row, because message texts do not belong in logs.
    public let message: String

    public init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            // GRDB's other errors are about rows and quote them.
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
            // The index of the write-ahead log could not grow; SQLite has no other code for a full disk there.
            case .SQLITE_IOERR_SHMSIZE: self = .full
            case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS: self = .unreadable
            default: self = .inputOutput
            }
        default: self = .other
        }
    }
}
