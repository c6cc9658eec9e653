import ChatServer
import ChatWire
import Foundation
import GRDB

extension SQLiteStore {
    /// Why a database cannot be opened. Nothing was deleted, whatever the reason.
    public enum OpenError: Error, Hashable {
        /// No such folder, no permission, a folder in the file's place, a disk that cannot be read …
        case unusable(path: String, reason: String)
        case notADatabase(path: String)
        /// A database, but another program's.
        case foreign(path: String)
        /// Made or changed by a later version of this program.
        case newer(path: String)
        case damaged(path: String, reason: String)
        /// Another program holds its lock.
        case locked(path: String)
        /// Another server serves it.
        case inUse(path: String)
        /// There is none, and none is to be made.
        case missing(path: String)
        /// The database is missing or empty, but not its write-ahead log.
        case onlyLog(path: String)
        /// A version before made it, and to rebuild it takes more free disk than there is.
        case noRoom(path: String, needed: Int, free: Int)
        /// A copy is to be written, and there is a file or something else already.
        case taken(path: String)
    }
}

extension SQLiteStore.OpenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusable(let path, let reason): "cannot open the database \(shown(path)): \(shown(reason))"
        case .notADatabase(let path): "\(shown(path)) is not a SQLite database"
        case .foreign(let path): "\(shown(path)) is the database of another program"
        case .newer(let path): "\(shown(path)) was made by a newer version of chat-server"
        case .damaged(let path, let reason): "the database \(shown(path)) is damaged: \(shown(reason))"
        case .locked(let path): "the database \(shown(path)) is locked by another program"
        case .inUse(let path):
            "another chat-server serves the database \(shown(path)): end that one first, or choose another file with --store"
        case .missing(let path): "there is no database \(shown(path))"
        case .onlyLog(let path):
            """
            the database \(shown(path)) is missing or empty, but \(shown(path + "-wal")) beside it holds what was written \
            last: put the database back, or move that file away
            """
        case .noRoom(let path, let needed, let free):
            """
            the database \(shown(path)) has to be rebuilt for this version of chat-server, which takes \(megabytes(needed)) MB \
            of free disk, and there are \(megabytes(free)) MB: make room and start again; nothing was changed
            """
        case .taken(let path): "there is something at \(shown(path)) already: name a file that is not there yet"
        }
    }

    private func megabytes(_ bytes: Int) -> Int { bytes / 1_000_000 + (bytes % 1_000_000 > 0 ? 1 : 0) }

    private func shown(_ text: String) -> String { UntrustedText(text).displayed() }
}

extension SQLiteStore.OpenError {
    init(_ error: any Error, path: String) {
        switch error {
        case let error as SQLiteStore.OpenError: self = error
        case DatabaseError.SQLITE_NOTADB: self = .notADatabase(path: path)
        case DatabaseError.SQLITE_CORRUPT: self = .damaged(path: path, reason: StoreError(error).description)
        default:
            switch StoreError(error) {
            case .locked: self = .locked(path: path)
            case let error: self = .unusable(path: path, reason: error.description)
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
