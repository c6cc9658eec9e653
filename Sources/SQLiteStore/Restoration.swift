import ChatServer
import Foundation
import HostSystem
import SQLiteFiles

/// Puts a copy in a database's place.
///
/// However it ends, the path has a complete database, either the old one or the copy. No file of one is left beside the
/// other, because SQLite would take one's log for the other's. The lock keeps servers out meanwhile. If there is no
/// database yet, an empty file is made, so that there is something to lock.
struct Restoration {
    private let source: DatabaseFile
    private let target: DatabaseFile
    private let lock: DatabaseLock
    /// Whether there was no database.
    private let isNew: Bool

    /// The files that SQLite keeps beside a database.
    private static let suffixes = SQLiteFile.suffixesBeside + ["-journal"]

    init(of source: DatabaseFile, to path: String) throws(StoreOpenError) {
        self.source = source
        target = try DatabaseFile(path: path)
        guard let lock = try target.lock(for: .server) else { throw .inUse(path) }
        self.lock = lock
        // A server may have filled the file since it was made.
        isNew = target.wasMade && target.isEmpty
    }

    private var place: String { target.realPath }
    /// The path of the copy while it is incomplete. The name is fixed, so that a restore removes what an earlier,
    /// killed one left.
    private var unfinished: String { place + ".restoring" }

    /// - Returns: the files that were set aside, the database first where there was one.
    func run(setAsideAs suffix: String) throws(StoreOpenError) -> [String] {
        var isDone = false
        defer {
            if isNew, !isDone { unlink(place) }
            lock.release()
        }
        // A server may still run on files whose names were removed.
        try lockBesideFiles()
        try removeUnfinished()
        let descriptor: Int32
        do throws(FileProblem) {
            descriptor = try PrivateFile.make(unfinished)
        } catch {
            throw .unusable(target.path, reason: "\(unfinished): \(error)")
        }
        defer {
            close(descriptor)
            if !isDone { unlink(unfinished) }
        }
        try DatabaseCopy.write(source, to: unfinished, descriptor, path: target.path)
        checkpointLog()
        try lockBesideFiles()
        try keepEverybodyOut()
        let aside = try setAside(freeName(suffix))
        guard rename(unfinished, place) == 0 else { throw failure() }
        isDone = true
        DatabaseCopy.syncFolder(of: place)
        return aside
    }

    private func lockBesideFiles() throws(StoreOpenError) {
        do throws(DatabaseLock.Failure) {
            for suffix in Self.suffixes { try lock.add(place + suffix) }
        } catch {
            throw target.openError(error)
        }
    }

    private func keepEverybodyOut() throws(StoreOpenError) {
        do throws(DatabaseLock.Failure) {
            try lock.keepEverybodyOut()
        } catch {
            throw target.openError(error)
        }
    }

    /// Removes what a killed restore left.
    private func removeUnfinished() throws(StoreOpenError) {
        if source.realPath == unfinished {
            throw .unusable(source.path, reason: "an unfinished copy; to restore it, give it another name first")
        }
        for path in Self.suffixes.map({ unfinished + $0 }) + [unfinished] {
            do throws(FileProblem) {
                if try OwnFile.check(path), unlink(path) != 0 { throw FileProblem(path: path, reason: .system(errno)) }
            } catch {
                throw .unusable(target.path, reason: "\(path): \(error)")
            }
        }
    }

    /// Checkpoints the old database, so that it is a single file, which one rename replaces. If that fails, the
    /// database is damaged, and its files are set aside as they are.
    private func checkpointLog() {
        guard !target.isEmpty, SQLiteFile.bytesOfLog(of: place) > 0, target.isOfChatServer else { return }
        // SQLite checkpoints when the last connection closes.
        let database = try? target.openAlone()
        try? database?.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? database?.close()
    }

    // MARK: - Setting aside

    /// An unused name beside the database.
    private func freeName(_ suffix: String) -> String {
        var status = stat()
        var (name, count) = (place + suffix, 1)
        while ([""] + Self.suffixes).contains(where: { lstat(name + $0, &status) == 0 }) {
            count += 1
            name = place + suffix + "-\(count)"
        }
        return name
    }

    /// Gives the old files new names by links, which never replace a file. The database keeps its old name until the
    /// copy takes it.
    private func setAside(_ name: String) throws(StoreOpenError) -> [String] {
        var paths: [String] = []
        for suffix in Self.suffixes where access(place + suffix, F_OK) == 0 {
            guard link(place + suffix, name + suffix) == 0 else { throw failure() }
            paths.append(name + suffix)
        }
        if !isNew {
            guard link(place, name) == 0 else { throw failure() }
            paths.insert(name, at: 0)
        }
        for suffix in Self.suffixes where unlink(place + suffix) != 0 && errno != ENOENT { throw failure() }
        DatabaseCopy.syncFolder(of: place)
        return paths
    }

    private func failure() -> StoreOpenError { DatabaseCopy.failure(target.path) }
}
