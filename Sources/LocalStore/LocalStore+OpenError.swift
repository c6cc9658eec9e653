import ChatClient
import ChatWire
import Foundation
import HostSystem
import SQLiteFiles

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
