import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem

extension LocalStore {
    /// Why the store cannot be opened. Nothing was changed.
    public enum OpenError: Error, Sendable, Hashable {
        /// Made or changed by a later version of this program.
        case newer
        /// The same may succeed later.
        case diskFull
        /// No permission for the folder, a lock that is never free …: the system's error.
        case refused(Int32)
        /// What the database says.
        case unusable(StoreFailure)
        /// There is something in the place of a file or folder that this program must not change.
        case unsafe(FileProblem)

        init(_ problem: FileProblem) {
            if case .system(let number) = problem.reason { self = .system(number) } else { self = .unsafe(problem) }
        }

        /// From `errno`.
        static func system(_ number: Int32) -> OpenError {
            number == ENOSPC ? .diskFull : .refused(number)
        }
    }
}

extension StoreFailure {
    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            // GRDB's other errors are about rows that hold what this program never writes.
            self = .damaged
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull
        // The write-ahead log's index could not grow; SQLite has no code of its own for that.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: self = .diskFull
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged
        case .SQLITE_READONLY: self = .system(EROFS)
        case .SQLITE_PERM, .SQLITE_AUTH: self = .system(EACCES)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .system(EBUSY)
        case .SQLITE_IOERR: self = .system(EIO)
        case .SQLITE_NOMEM: self = .system(ENOMEM)
        default: self = .failed(error.message ?? error.resultCode.description)
        }
    }
}
