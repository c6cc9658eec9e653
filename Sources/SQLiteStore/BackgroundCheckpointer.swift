import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Checkpoints the write-ahead log on a connection of its own, while the writer goes on.
///
/// What the writer adds meanwhile is checkpointed next; it becomes less each time. The last few pages are checkpointed
/// on the writer's connection. It then finds all of the log checkpointed, and restarts the log.
final class BackgroundCheckpointer: Sendable {
    /// The log's size that starts a checkpoint, in pages: 16 MiB, half of `Checkpoints.standardLimit`. Mostly the log
    /// then restarts before it has to be truncated.
    static let pages = 4000
    /// The number of pages that the writer's connection checkpoints itself.
    private static let fewPages = 300
    private static let maxRounds = 8

    /// All checkpoints run on this queue, one after the other.
    let queue = DispatchQueue(label: "SQLiteStore.checkpointer")
    private let pool: DatabasePool
    private let connection = Mutex<DatabaseQueue?>(nil)
    private let isUnderWay = Atomic(false)
    /// The number of pages in the log at which the next checkpoint begins.
    private let next = Atomic(BackgroundCheckpointer.pages)
    /// The number of pages in the log.
    private let logged = Atomic(0)

    init(_ pool: DatabasePool) {
        self.pool = pool
    }

    /// Opens the connection. From now on the writer does not checkpoint by itself.
    func begin(_ path: String, _ configuration: Configuration) throws {
        let database = try DatabaseQueue(path: path, configuration: configuration)
        connection.withLock { $0 = database }
        pool.writeWithoutTransaction { writer in
            _ = sqlite3_wal_hook(
                writer.sqliteConnection,
                { context, _, _, pages in
                    if let context {
                        Unmanaged<BackgroundCheckpointer>.fromOpaque(context).takeUnretainedValue().noteCommit(
                            Int(pages))
                    }
                    return SQLITE_OK
                }, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    /// Close the pool after this, so that its commit hook still finds this object.
    func close() throws {
        let database = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        try queue.sync { try database?.close() }
    }

    /// Checkpoints what is left after the pool has closed. A reader is closed by whoever releases it last. That may be
    /// the thread of a read that was just answered, after the writer closed; the writer could not checkpoint then.
    static func checkpointRest(_ files: DatabaseFiles) {
        for _ in 0..<20 where files.areInPlace && FileManager.default.fileExists(atPath: files.logPath) {
            let last = try? DatabaseQueue(path: files.path)
            try? last?.inDatabase { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") }
            try? last?.close()
            usleep(2000)
        }
    }

    /// The log was truncated, while nobody wrote.
    func noteTruncation() {
        logged.store(0, ordering: .relaxed)
    }

    /// What SQLite uses of the log, in bytes: its header, and each page behind a frame header (pages have 4 KiB).
    var loggedBytes: Int { 32 + logged.load(ordering: .relaxed) * (24 + 4096) }

    /// Whether the log grows faster than it is checkpointed. Writes that are not urgent then wait, so that messages do
    /// not have to.
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
        while let rest = checkpointOnce(), rest < left, rounds < Self.maxRounds {
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

    /// - Returns: the number of pages in the log that are not in the database yet; nil if the checkpoint failed.
    private func checkpointOnce() -> Int? {
        let done = connection.withLock { try? $0?.writeWithoutTransaction(Self.checkpoint) }
        return done.map { max(0, logged.load(ordering: .relaxed) - $0) }
    }

    /// If reads prevented the checkpoint, the next attempt waits until the log has grown by a quarter.
    private func end() {
        next.store(max(Self.pages, logged.load(ordering: .relaxed) + Self.pages / 4), ordering: .relaxed)
        isUnderWay.store(false, ordering: .relaxed)
    }

    /// Checkpoints without waiting for anybody.
    /// - Returns: the number of the log's pages that are in the database.
    private static func checkpoint(_ database: Database) throws -> Int {
        try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")?[2] ?? 0
    }
}
