import ChatServer
import Foundation
import GRDB
import HostSystem
import SQLiteFiles

/// Copies of a database, whole and as of one moment.
public enum DatabaseCopy {
    /// Writes a copy of the database at `path`, also while a server uses it, into a new file of mode 0600. When a server
    /// opens the copy, it begins a new epoch, so that clients reload rather than trust cursors of the time after it.
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
        // A link is never put over a file that came to be meanwhile.
        guard link(temporary, place) == 0 else { throw failure(copy) }
        syncFolder(of: place)
    }

    /// Puts a copy in the place of the database at `path`, which nobody may have open. What was there is set aside.
    /// - Returns: the files that were set aside, the database first where there was one.
    @discardableResult
    public static func restore(
        _ copy: String, to path: String, setAsideAs suffix: String
    ) throws(StoreOpenError) -> [String] {
        try Restoration(of: DatabaseFile(path: copy, mayBeMade: false), to: path).run(setAsideAs: suffix)
    }

    /// Fills a new, empty file with a copy, and brings it to the disk.
    /// - Parameters:
    ///   - descriptor: Of the file.
    ///   - path: For messages.
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
            // SQLite writes a copy into an empty file as well as into a new one.
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

    /// Whether the name leads to this file, with something in it.
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
    /// One connection to a database of ours, which changes nothing of it.
    func openAlone() throws -> DatabaseQueue {
        // SQLite would delete a log that belongs to no database.
        if isEmpty { throw StoreOpenError.missing(path) }
        let database = try DatabaseQueue(path: realPath, configuration: configuration())
        switch try database.read(Schema.owner) {
        case .thisProgram: return database
        case .newerVersion: throw StoreOpenError.newer(path)
        case .nobody, .anotherProgram: throw StoreOpenError.foreign(path)
        }
    }

    /// Without changing anything: of a file that is no database of ours, neither that nor what is beside it.
    var isOfChatServer: Bool {
        // SQLite takes a log for one of whatever file it is beside, and tidies it away.
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
