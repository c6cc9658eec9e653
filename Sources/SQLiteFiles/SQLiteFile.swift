import Foundation
import HostSystem

/// The files of a SQLite database with a write-ahead log: the database itself, and beside it the log and the log's index.
public enum SQLiteFile {
    /// What SQLite appends to the database's name for the files beside it.
    public static let suffixesBeside = ["-wal", "-shm"]

    /// The same, and nothing for the database, which comes last: left alone after a crash, its log would be taken for that
    /// of the next database of the name.
    public static let suffixes = suffixesBeside + [""]

    /// The size of the log, in bytes; 0 where there is none.
    public static func bytesOfLog(of path: String) -> Int { FileSize.bytes(of: path + "-wal") }

    /// Makes an empty database file of mode 0600. SQLite gives its mode to the files beside it.
    ///
    /// What is there is not opened: closing a database that is in use would drop this process's locks on it
    /// (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    /// - Returns: false where there is something of the name already.
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

/// The files of an open database, by their names. Somebody may remove, rename or replace them, and SQLite would go on
/// writing into files that nobody ever finds again.
public struct OpenDatabaseFiles: Sendable {
    private let identities: [String: FileIdentity]

    /// As they are now. The database is open, so they are all there.
    public init(path: String) {
        identities = SQLiteFile.suffixes.map { path + $0 }.reduce(into: [:]) { $0[$1] = FileIdentity(path: $1) }
    }

    /// Whether the names still lead to the files that are open: three look-ups, a few microseconds.
    public var areInPlace: Bool {
        !identities.isEmpty && identities.allSatisfy { FileIdentity(path: $0) == $1 }
    }
}

/// Paths as SQLite takes them for nothing but paths. It reads `file:…` as a URI, and `:memory:` as no file.
public enum PlainPath {
    /// The same path, which begins with `/` or `./`.
    public static func of(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }
}
