import Foundation
import GRDB
import HostSystem

/// Copies of a database, whole and as of one moment, and the way back from one.
public enum DatabaseCopy {
    /// Writes a copy of the database at `path`, also while a server uses it, into a new file of mode 0600. When a server
    /// opens the copy, it begins a new epoch, so that clients reload rather than trust cursors of the time after it.
    public static func back(up path: String, to copy: String) throws(SQLiteStore.OpenError) {
        let source = try DatabaseFile(path: path, mayBeMade: false)
        try make(copy) { temporary in
            let database = try source.openAlone()
            try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [temporary]) }
            try database.close()
        }
    }

    /// Puts a copy in the place of the database at `path`, which no server may use meanwhile. What was there is set aside.
    /// - Returns: where it is now; nil where there was nothing.
    public static func restore(
        _ copy: String, to path: String, setAsideAs suffix: String
    ) throws(SQLiteStore.OpenError) -> String? {
        let source = try DatabaseFile(path: copy, mayBeMade: false)
        let isThere = access(path, F_OK) == 0
        let target = isThere ? try DatabaseFile(path: path, mayBeMade: false) : nil
        let lock = try target?.lock(for: .server)
        defer { lock?.release() }
        let place = target?.realPath ?? path
        let checked = place + ".restoring"
        try make(checked) { temporary in
            let database = try source.openAlone()
            try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [temporary]) }
            try database.close()
        }
        let aside = target.map { $0.realPath + suffix }
        for end in aside == nil ? [] : ["", "-wal", "-shm"] {
            if rename(place + end, aside! + end) != 0, errno != ENOENT { throw failure(path) }
        }
        guard rename(checked, place) == 0 else { throw failure(path) }
        syncFolder(of: place)
        return aside
    }

    /// Makes a database beside the place, and gives it its name when it is whole and on the disk.
    private static func make(_ path: String, _ write: (String) throws -> Void) throws(SQLiteStore.OpenError) {
        var status = stat()
        guard lstat(path, &status) != 0 else { throw .unusable(path: path, reason: String(cString: strerror(EEXIST))) }
        let (descriptor, temporary): (Int32, String)
        do throws(FileProblem) {
            // SQLite writes a copy into an empty file as well as into a new one.
            (descriptor, temporary) = try PrivateFile.makeTemporary(beside: path)
        } catch {
            throw .unusable(path: path, reason: error.description)
        }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        do {
            try write(temporary)
            let copy = try DatabaseQueue(path: temporary)
            try copy.write { database in
                try database.execute(
                    sql: "INSERT INTO meta (key, value) VALUES (?, '1') ON CONFLICT DO NOTHING",
                    arguments: [Schema.copyMark])
            }
            try copy.close()
        } catch {
            throw SQLiteStore.OpenError(error, path: path)
        }
        // A link is never put over a file that came to be meanwhile.
        guard fsync(descriptor) == 0, link(temporary, path) == 0 else { throw failure(path) }
        syncFolder(of: path)
    }

    private static func failure(_ path: String) -> SQLiteStore.OpenError {
        .unusable(path: path, reason: String(cString: strerror(errno)))
    }

    private static func syncFolder(of path: String) {
        let descriptor = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension DatabaseFile {
    /// One connection to a database of ours, which changes nothing of it.
    func openAlone() throws -> DatabaseQueue {
        let database = try DatabaseQueue(path: realPath, configuration: configuration())
        switch try database.read(Schema.owner) {
        case .chatServer: return database
        case .newerChatServer: throw SQLiteStore.OpenError.newer(path: path)
        case .none, .anotherProgram: throw SQLiteStore.OpenError.foreign(path: path)
        }
    }
}
