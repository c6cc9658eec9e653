import GRDB
import HostSystem
import Synchronization

/// Keeps the write-ahead log short.
///
/// SQLite folds the log into the database by itself, but within a commit, which takes longer by that: so in a server another
/// connection does it (``LogFolding``). And it begins the log anew only at a moment at which nobody reads. Where reads
/// overlap, that moment never comes, and the log grows without end. So above a size the next reads wait until those under
/// way have ended (`SQLiteStore.read` bounds them), and the log is folded in and cut off.
final class Checkpoints: Sendable {
    /// Above it, in bytes.
    static let standardLimit = 32 << 20

    /// How long another program's read, which nothing here can end, is left in peace before the next attempt.
    private static let pause: Duration = .seconds(1)

    private let pool: DatabasePool
    private let files: DatabaseFiles
    private let limit: Int
    private let state = Mutex(State())
    private let folding: LogFolding
    private let logRoom: LogRoom

    private struct State {
        var isUnderWay = false
        var notBefore: ContinuousClock.Instant?
        /// Writers that go on when the attempt under way is over.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    init(_ pool: DatabasePool, files: DatabaseFiles, limit: Int) {
        self.pool = pool
        self.files = files
        self.limit = limit
        folding = LogFolding(pool)
        // That is where folding begins.
        logRoom = LogRoom(pool, files: files, bytes: limit / 2)
    }

    /// In a server. Where no other connection can be had, SQLite goes on folding within commits.
    func foldBesideWriter(by configuration: Configuration) {
        try? folding.begin(files.path, configuration)
        logRoom.make()
    }

    func close() throws {
        logRoom.end()
        try folding.close()
    }

    /// Whether what need not be written now had better wait.
    var isBehind: Bool { folding.isBehind }

    var logBytes: Int { FileSize.bytes(of: files.logPath) }

    /// Something was committed.
    func noteCommit() {
        if logBytes > limit { begin() }
    }

    /// Cuts the log off as soon as nobody reads, unless that is under way or was in vain just now.
    func begin() {
        let mayBegin = state.withLock { state in
            if state.isUnderWay || state.notBefore.map({ .now < $0 }) ?? false { return false }
            state.isUnderWay = true
            return true
        }
        guard mayBegin else { return }
        // One at a time: SQLite refuses the second one.
        folding.queue.async { [self] in
            let isCut = (try? pool.barrierWriteWithoutTransaction(Self.cutLog)) ?? false
            let waiting = state.withLock { state in
                defer { state = State(notBefore: isCut ? nil : .now + Self.pause) }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
            if isCut { logRoom.make() }
        }
    }

    /// Whether nobody has to wait for room.
    var hasRoom: Bool { logBytes <= 2 * limit }

    /// Returns when there is room in the log. While it is to be cut off and has twice its size, writing waits for the reads
    /// under way; another program's it does not wait for.
    func room() async {
        if hasRoom { return }
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.isUnderWay { state.waiting.append(continuation) }
                return state.isUnderWay
            }
            if !waits { continuation.resume() }
        }
    }

    /// - Returns: false where another program reads what the log holds.
    static func cutLog(_ database: Database) throws -> Bool {
        let timeout = try Int.fetchOne(database, sql: "PRAGMA busy_timeout") ?? 0
        // Everybody waits meanwhile.
        try database.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? database.execute(sql: "PRAGMA busy_timeout = \(timeout)") }
        let isBusy = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?[0] as Int?
        return isBusy == 0
    }
}
