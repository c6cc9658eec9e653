import ChatServer
import GRDB
import GRDBSQLite
import Synchronization

/// How long a write waits for a lock that another program holds.
///
/// All writes are in one queue. If each waited for its full time, the waits of those in front would add up for the last
/// one. So the time counts from when the write was requested, and it is short for a second after another write waited
/// in vain.
final class BusyTimeout: Sendable {
    static let standard: Duration = .milliseconds(2000)
    /// After a write that waited in vain, and when the program is about to end.
    static let short: Duration = .milliseconds(100)
    /// For writes that can be done later.
    static let least: Duration = .milliseconds(20)
    /// How long a wait in vain shortens those after it.
    private static let memory: Duration = .seconds(1)

    private struct State {
        var failedAt: ContinuousClock.Instant?
        var isEnding = false
    }

    private let state = Mutex(State())

    /// Shortens all waits from now on.
    func end() {
        state.withLock { $0.isEnding = true }
    }

    /// Runs one transaction on the writer's connection.
    /// - Parameter asked: When the write was requested.
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
        // A closed database has no connection; the transaction throws the error.
        guard let connection = database.sqliteConnection else { return try transaction() }
        sqlite3_busy_timeout(connection, CInt(max(.zero, time) / .milliseconds(1)))
        defer { sqlite3_busy_timeout(connection, CInt(standard / .milliseconds(1))) }
        return try transaction()
    }
}
