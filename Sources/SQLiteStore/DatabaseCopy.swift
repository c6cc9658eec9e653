import ChatServer
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// Consistent copies of a whole database.
public enum DatabaseCopy {
    /// Copies the database at `path` into a new file of mode 0600. A server may use the database meanwhile. When a
    /// server opens the copy, it begins a new epoch, so that clients reload: their cursors may be newer than the copy.
    public static func back(up path: String, to copy: String) throws(StoreOpenError) {
        let source = try DatabaseFile(path: path, mayBeMade: false)
        let place = PlainPath.of(copy)
        var status = stat()
        guard lstat(place, &status) != 0 else { throw .taken(copy) }
        let (descriptor, temporary): (Int32, String)
        do throws(FileProblem) {
            (descriptor, temporary) = try PrivateFile.makeTemporary(beside: place)
        } catch {
            throw .unusable(copy, reason: error.description)
        }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        try write(source, to: temporary, descriptor, path: copy)
        // `link` never replaces a file that another program made in the meantime.
        guard link(temporary, place) == 0 else { throw failure(copy) }
        syncFolder(of: place)
    }

    /// Replaces the database at `path` with a copy. No process may have it open. The files that were there are renamed.
    /// - Returns: the new paths of those files, the database first if there was one.
    @discardableResult
    public static func restore(
        _ copy: String, to path: String, setAsideAs suffix: String
    ) throws(StoreOpenError) -> [String] {
        try Restoration(of: DatabaseFile(path: copy, mayBeMade: false), to: path).run(setAsideAs: suffix)
    }

    /// Writes a copy into a new, empty file and syncs it to disk.
    /// - Parameters:
    ///   - descriptor: A descriptor of that file.
    ///   - path: The path for error messages.
    static func write(
        _ source: DatabaseFile, to file: String, _ descriptor: Int32, path: String
    ) throws(StoreOpenError) {
        let database: DatabaseQueue
        do {
            database = try source.openAlone()
        } catch {
            throw StoreOpenError(error, path: source.path)
        }
        do {
            // `VACUUM INTO` accepts an empty file as well as a missing one.
            try database.writeWithoutTransaction {
                try $0.execute(sql: "VACUUM INTO ?", arguments: [PlainPath.of(file)])
            }
            try database.close()
            guard isAt(file, descriptor) else { throw notWritten(path) }
            let copy = try DatabaseQueue(path: PlainPath.of(file))
            try copy.write { database in
                guard try Schema.owner(database) == .thisProgram else { throw notWritten(path) }
                try database.execute(
                    sql: "INSERT INTO meta (key, value) VALUES (?, '1') ON CONFLICT DO NOTHING",
                    arguments: [Schema.copyMark])
            }
            try copy.close()
        } catch {
            throw StoreOpenError(error, path: path)
        }
        guard isAt(file, descriptor) else { throw notWritten(path) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    /// Whether the path still names this file, and the file is not empty.
    private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
        var (named, open) = (stat(), stat())
        return lstat(path, &named) == 0 && fstat(descriptor, &open) == 0 && named.st_ino == open.st_ino
            && named.st_dev == open.st_dev && open.st_size > 0
    }

    private static func notWritten(_ path: String) -> StoreOpenError {
        .unusable(path, reason: "the copy did not get there")
    }

    static func failure(_ path: String, _ number: CInt = errno) -> StoreOpenError {
        .unusable(path, reason: String(cString: strerror(number)))
    }

    static func syncFolder(of path: String) {
        PrivateFolder.sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }
}

extension DatabaseFile {
    /// Opens one connection that never changes the database.
    func openAlone() throws -> DatabaseQueue {
        // SQLite would delete a log beside an empty database.
        if isEmpty { throw StoreOpenError.missing(path) }
        let database = try DatabaseQueue(path: realPath, configuration: configuration())
        switch try database.read(Schema.owner) {
        case .thisProgram: return database
        case .newerVersion: throw StoreOpenError.newer(path)
        case .nobody, .anotherProgram: throw StoreOpenError.foreign(path)
        }
    }

    /// Whether this is a database of this program. The check changes neither the file nor the files beside it.
    var isOfChatServer: Bool {
        // SQLite would take a log beside any file for that file's own, and delete it.
        guard beginsAsDatabase else { return false }
        guard let database = try? DatabaseQueue(path: realPath, configuration: configuration(readonly: true)) else {
            return false
        }
        return (try? database.read(Schema.owner)) == .thisProgram
    }

    private var beginsAsDatabase: Bool {
        let descriptor = Foundation.open(realPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let sign = Array("SQLite format 3\0".utf8)
        var start = [UInt8](repeating: 0, count: sign.count)
        return read(descriptor, &start, start.count) == sign.count && start == sign
    }
}
