import GRDB
import HostSystem
import Synchronization

/// Keeps the write-ahead log short.
///
/// SQLite checkpoints by itself, but within a commit, which makes that commit slower. So in a server another connection
/// does it (``BackgroundCheckpointer``). SQLite restarts the log only at a moment at which nobody reads. If reads overlap, that
/// moment never comes and the log grows without bound. So above a size, new reads wait until those under way have ended
/// (`SQLiteStore.read` limits their time), and the log is checkpointed and truncated.
final class Checkpoints: Sendable {
    /// The size above which the log is truncated, in bytes.
    static let standardLimit = 32 << 20

    /// The pause after an attempt that another program's read made fail. That read cannot be ended from here.
    private static let pause: Duration = .seconds(1)

    private let pool: DatabasePool
    private let files: DatabaseFiles
    private let limit: Int
    private let state = Mutex(State())
    private let checkpointer: BackgroundCheckpointer
    /// Nil unless this is a server.
    private let logRoom: LogRoom?

    private struct State {
        var isUnderWay = false
        var notBefore: ContinuousClock.Instant?
        /// Writers that wait for the attempt under way to end.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    init(_ pool: DatabasePool, files: DatabaseFiles, limit: Int, isServer: Bool) {
        self.pool = pool
        self.files = files
        self.limit = limit
        checkpointer = BackgroundCheckpointer(pool)
        // Background checkpoints begin at this size.
        logRoom = isServer ? LogRoom(files, bytes: limit / 2) : nil
    }

    /// Moves checkpoints to a connection of their own, for a server. If none can be opened, SQLite goes on
    /// checkpointing within commits.
    func checkpointBesideWriter(by configuration: Configuration) {
        try? checkpointer.begin(files.path, configuration)
    }

    func close() throws {
        try checkpointer.close()
    }

    /// Whether writes that are not urgent should wait.
    var isBehind: Bool { checkpointer.isBehind }

    var logBytes: Int { FileSize.bytes(of: files.logPath) }

    /// Called after each commit, on the writer's thread.
    func noteCommit(_ database: Database) {
        let length = logBytes
        if length > limit { begin() }
        logRoom?.extend(length, used: checkpointer.loggedBytes, database)
    }

    /// Truncates the log as soon as nobody reads. Does nothing if that is under way, or if it failed just now.
    func begin() {
        let mayBegin = state.withLock { state in
            if state.isUnderWay || state.notBefore.map({ .now < $0 }) ?? false { return false }
            state.isUnderWay = true
            return true
        }
        guard mayBegin else { return }
        // The queue runs one checkpoint at a time, since SQLite refuses a second one.
        checkpointer.queue.async { [self] in
            let isCut = try? pool.barrierWriteWithoutTransaction { database in
                let isCut = try Self.truncateLog(database)
                if isCut { checkpointer.noteTruncation() }
                return isCut
            }
            let waiting = state.withLock { state in
                defer { state = State(notBefore: isCut == true ? nil : .now + Self.pause) }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Whether writers need not wait for room in the log.
    var hasRoom: Bool { logBytes <= 2 * limit }

    /// Waits until there is room in the log. When the log has twice its limit and is being truncated, writers wait for
    /// the reads under way. They do not wait for reads of another program.
    func waitForRoom() async {
        if hasRoom { return }
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.isUnderWay { state.waiting.append(continuation) }
                return state.isUnderWay
            }
            if !waits { continuation.resume() }
        }
    }

    /// - Returns: false if another program still reads from the log.
    static func truncateLog(_ database: Database) throws -> Bool {
        let timeout = try Int.fetchOne(database, sql: "PRAGMA busy_timeout") ?? 0
        // Everybody else waits meanwhile, so it must not wait for another program.
        try database.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? database.execute(sql: "PRAGMA busy_timeout = \(timeout)") }
        let isBusy = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?[0] as Int?
        return isBusy == 0
    }
}
