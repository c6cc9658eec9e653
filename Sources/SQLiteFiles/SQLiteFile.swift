import Foundation
import HostSystem

/// The files of a SQLite database in WAL mode: the database itself, the log, and the log's index.
public enum SQLiteFile {
    /// The suffixes of the files beside the database.
    public static let suffixesBeside = ["-wal", "-shm"]

    /// The suffixes of all files. The database comes last: if a crash left its log alone, SQLite would take that for
    /// the log of the next database with this name.
    public static let suffixes = suffixesBeside + [""]

    /// The size of the log in bytes; 0 if there is none.
    public static func bytesOfLog(of path: String) -> Int { FileSize.bytes(of: path + "-wal") }

    /// Creates an empty database file of mode 0600. SQLite gives its mode to the files beside it.
    ///
    /// An existing file is not opened: closing a database that is in use would drop this process's locks on it
    /// (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    /// - Returns: false if something with this name exists already.
    public static func make(_ path: String) throws(FileProblem) -> Bool {
        do throws(FileProblem) {
            close(try PrivateFile.make(path))
            return true
        } catch {
            guard error.reason == .system(EEXIST) else { throw error }
            return false
        }
    }
}

/// The files of an open database. If somebody removes, renames or replaces them, SQLite would go on writing into files
/// that nobody can find.
public struct OpenDatabaseFiles: Sendable {
    private let identities: [String: FileIdentity]

    /// Records the identities of the files. The database must be open, so that all of them exist.
    public init(path: String) {
        identities = SQLiteFile.suffixes.map { path + $0 }.reduce(into: [:]) { $0[$1] = FileIdentity(path: $1) }
    }

    /// Whether the paths still lead to the files that are open. It takes three look-ups, a few microseconds.
    public var areInPlace: Bool {
        !identities.isEmpty && identities.allSatisfy { FileIdentity(path: $0) == $1 }
    }

    /// Whether a descriptor is one of the open files.
    public func include(descriptor: CInt) -> Bool {
        guard let identity = FileIdentity(descriptor: descriptor) else { return false }
        return identities.values.contains(identity)
    }
}

/// Paths that SQLite does not interpret. It would take `file:…` for a URI, and `:memory:` for no file.
public enum PlainPath {
    /// The same path, beginning with `/` or `./`.
    public static func of(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }
}
