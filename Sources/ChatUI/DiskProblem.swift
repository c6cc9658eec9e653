import ClientUpdates
import SystemErrors

/// What the program found wrong with the history's files when it opened them.
public enum DiskProblem: Sendable, Equatable {
    /// The files could not be read and were renamed to this path. New ones were made.
    case setAside(path: String)
    /// Other users can look into the folder at this path.
    case folderIsOpen(path: String)
    /// A newer version of this program made the files.
    case newer
    /// Other users could replace the files.
    case unsafe(FileProblem)
    /// The files cannot be opened.
    case unusable(StoreFailure)

    /// The files are not used while the program runs, so nothing is saved.
    var isForGood: Bool {
        switch self {
        case .setAside, .folderIsOpen: false
        case .newer, .unsafe, .unusable: true
        }
    }
}
