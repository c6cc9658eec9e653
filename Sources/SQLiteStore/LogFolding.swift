import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Folds the write-ahead log into the database on a connection of its own, while the writer goes on.
///
/// What the writer adds meanwhile is folded in next, which is less each time. The last little bit is folded in on the writer, so
/// that it finds all of the log folded in, and begins it anew.
final class LogFolding: Sendable {
    /// 16 MiB, half of `Checkpoints.standardLimit`: mostly the log begins anew by itself.
    static let pages = 4000
    /// So many are folded in within the writer's turn.
    private static let fewPages = 300
    private static let mostRounds = 8

    /// What folds in or cuts off goes one after the other.
    let queue = DispatchQueue(label: "SQLiteStore.folding")
    private let pool: DatabasePool
    private let connection = Mutex<DatabaseQueue?>(nil)
    private let isUnderWay = Atomic(false)
    /// With how many pages in the log it begins.
    private let next = Atomic(LogFolding.pages)
    /// How many are in the log.
    private let logged = Atomic(0)

    init(_ pool: DatabasePool) {
        self.pool = pool
    }

    /// From now on the writer folds nothing in by itself.
    func begin(_ path: String, _ configuration: Configuration) throws {
        let database = try DatabaseQueue(path: path, configuration: configuration)
        connection.withLock { $0 = database }
        pool.writeWithoutTransaction { writer in
            _ = sqlite3_wal_hook(
                writer.sqliteConnection,
                { context, _, _, pages in
                    if let context {
                        Unmanaged<LogFolding>.fromOpaque(context).takeUnretainedValue().noteCommit(Int(pages))
                    }
                    return SQLITE_OK
                }, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    /// The pool is closed after it, so that the hook finds it.
    func close() throws {
        let database = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        try queue.sync { try database?.close() }
    }

    /// Behind the pool's end. A reader is closed by whoever lets go of it last: that may be the thread of a read that was answered
    /// just now, behind the writer, which then could not fold the log in.
    static func foldWhatIsLeft(_ files: DatabaseFiles) {
        for _ in 0..<20 where files.areInPlace && FileManager.default.fileExists(atPath: files.logPath) {
            let last = try? DatabaseQueue(path: files.path)
            try? last?.inDatabase { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") }
            try? last?.close()
            usleep(2000)
        }
    }

    /// Whether the log grows faster than it is folded in. What need not be written now waits then, so that messages do not have to.
    var isBehind: Bool {
        isUnderWay.load(ordering: .relaxed) && logged.load(ordering: .relaxed) > Self.pages + Self.pages / 2
    }

    private func noteCommit(_ pages: Int) {
        let before = logged.exchange(pages, ordering: .relaxed)
        if pages < before { next.store(Self.pages, ordering: .relaxed) }
        guard pages >= next.load(ordering: .relaxed), !isUnderWay.exchange(true, ordering: .relaxed) else { return }
        queue.async { [self] in fold() }
    }

    private func fold() {
        var (left, rounds) = (Int.max, 0)
        while let rest = foldOnce(), rest < left, rounds < Self.mostRounds {
            (left, rounds) = (rest, rounds + 1)
            if rest > Self.fewPages { continue }
            pool.asyncWriteWithoutTransaction { [self] in
                _ = try? Self.checkpoint($0)
                end()
            }
            return
        }
        end()
    }

    /// - Returns: how many pages are in the log that are not in the database; nil where it cannot be done.
    private func foldOnce() -> Int? {
        let done = connection.withLock { try? $0?.writeWithoutTransaction(Self.checkpoint) }
        return done.map { max(0, logged.load(ordering: .relaxed) - $0) }
    }

    /// Where reads keep it from being done, it is tried again when the log has grown by as much as a quarter.
    private func end() {
        next.store(max(Self.pages, logged.load(ordering: .relaxed) + Self.pages / 4), ordering: .relaxed)
        isUnderWay.store(false, ordering: .relaxed)
    }

    /// Waits for nobody.
    /// - Returns: how many pages of the log are in the database.
    private static func checkpoint(_ database: Database) throws -> Int {
        try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")?[2] ?? 0
    }
}
