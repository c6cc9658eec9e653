import Foundation

/// Which file a name leads to.
public struct FileIdentity: Hashable, Sendable {
    private var device: dev_t
    private var inode: ino_t

    /// Nil, with `errno` set, where there is none.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }

    public init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
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
