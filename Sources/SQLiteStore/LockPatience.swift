import ChatServer
import GRDB
import GRDBSQLite
import Synchronization

/// How long a write waits for another program that holds the database's lock.
///
/// All writes stand in one queue. Where each of them waited its full time, the last would wait for as many times that. So
/// the time counts from when a write was asked for, and is short after another one waited in vain just now.
final class LockPatience: Sendable {
    static let standard: Duration = .milliseconds(2000)
    /// After a write that waited in vain, and at the end of the program.
    static let short: Duration = .milliseconds(100)
    /// What need not be now.
    static let least: Duration = .milliseconds(20)
    /// How long one that waited in vain counts.
    private static let memory: Duration = .seconds(1)

    private struct State {
        var failedAt: ContinuousClock.Instant?
        var isEnding = false
    }

    private let state = Mutex(State())

    /// From now on a lock is not waited for long.
    func end() {
        state.withLock { $0.isEnding = true }
    }

    /// Runs one transaction on the writer's connection.
    /// - Parameter asked: When somebody asked for it.
    func run<Value>(
        _ database: Database, askedAt asked: ContinuousClock.Instant, _ transaction: () throws -> Value
    ) throws -> Value {
        let now = ContinuousClock.now
        do {
            let value = try Self.run(database, waiting: limit(now) - (now - asked), transaction)
            state.withLock { $0.failedAt = nil }
            return value
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            state.withLock { $0.failedAt = .now }
            throw error
        }
    }

    private func limit(_ now: ContinuousClock.Instant) -> Duration {
        state.withLock { state in
            let failedJustNow = state.failedAt.map { now - $0 < Self.memory } ?? false
            return state.isEnding || failedJustNow ? Self.short : Self.standard
        }
    }

    static func run<Value>(
        _ database: Database, waiting time: Duration, _ transaction: () throws -> Value
    ) throws -> Value {
        // None where the database is closed, of which the transaction tells.
        guard let connection = database.sqliteConnection else { return try transaction() }
        sqlite3_busy_timeout(connection, CInt(max(.zero, time) / .milliseconds(1)))
        defer { sqlite3_busy_timeout(connection, CInt(standard / .milliseconds(1))) }
        return try transaction()
    }
}
