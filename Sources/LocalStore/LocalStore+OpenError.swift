import ChatClient
import ChatWire
import Foundation
import HostSystem
import SQLiteFiles

extension LocalStore {
    /// Why the store cannot be opened. The store's files are unchanged.
    public enum OpenError: Error, Sendable, Hashable {
        /// A later version of this program created or changed the database.
        case newer
        /// The disk is full. Opening may succeed later.
        case diskFull
        /// The system's error (`errno`), such as a missing permission for the folder, or `EBUSY` for a lock that
        /// another window holds.
        case refused(Int32)
        /// SQLite's error.
        case unusable(StoreFailure)
        /// At the path of a file or folder there is something that this program must not change.
        case unsafe(FileProblem)

        init(_ problem: FileProblem) {
            if case .system(let number) = problem.reason { self = .system(number) } else { self = .unsafe(problem) }
        }

        /// Converts an `errno`.
        static func system(_ number: Int32) -> OpenError {
            number == ENOSPC ? .diskFull : .refused(number)
        }
    }
}

extension StoreFailure {
    init(_ error: any Error) {
        let fault = SQLiteFault(error)
        switch fault.kind {
        case .full: self = .diskFull
        case .damaged, .notADatabase, .strangeRow: self = .damaged
        case .readOnly: self = .system(EROFS)
        case .notPermitted: self = .system(EACCES)
        case .locked: self = .system(EBUSY)
        case .inputOutput, .unreadable: self = .system(EIO)
        case .noMemory: self = .system(ENOMEM)
        case .interrupted, .other: self = .failed(fault.message)
        }
    }
}
