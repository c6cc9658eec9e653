import CFileStatus

/// Which file a name leads to.
public struct FileIdentity: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64

    /// Nil, with `errno` set, where there is none.
    public init?(path: String) {
        var status = chat_file_status()
        guard chat_file_status(path, &status) == 0 else { return nil }
        (device, inode) = (status.device, status.inode)
    }

    public init?(descriptor: CInt) {
        var status = chat_file_status()
        guard chat_open_file_status(descriptor, &status) == 0 else { return nil }
        (device, inode) = (status.device, status.inode)
    }
}

/// How large a file is.
public enum FileSize {
    /// In bytes; 0 for a file that is gone. The file's times are not asked for, so that asking costs its next write nothing.
    public static func bytes(of path: String) -> Int {
        var status = chat_file_status()
        return chat_file_status(path, &status) == 0 ? Int(status.size) : 0
    }
}

/// The files of an open SQLite database with a write-ahead log, by their names. Somebody may remove, rename or replace
/// them, and SQLite would go on writing into files that nobody ever finds again.
public struct OpenDatabaseFiles: Sendable {
    private let identities: [String: FileIdentity]

    /// As they are now. The database is open, so they are all there.
    public init(path: String) {
        let paths = ["", "-wal", "-shm"].map { path + $0 }
        identities = paths.reduce(into: [:]) { $0[$1] = FileIdentity(path: $1) }
    }

    /// Whether the names still lead to the files that are open: three look-ups, a few microseconds.
    public var areInPlace: Bool {
        !identities.isEmpty && identities.allSatisfy { FileIdentity(path: $0) == $1 }
    }
}
