import ChatServer
import GRDB
import GRDBSQLite

/// Limits the time of one read. A long read prevents the write-ahead log from being truncated.
enum ReadLimit {
    static let standard: Duration = .seconds(5)

    /// The number of SQLite's instructions between two looks at the clock. They take less than a millisecond.
    private static let instructionsBetween: CInt = 10_000

    /// Runs a read. After `limit` its statement fails with `SQLITE_INTERRUPT`.
    static func run<Value>(_ limit: Duration, _ database: Database, _ body: (Database) throws -> Value) throws -> Value
    {
        var end = ContinuousClock.now + limit
        return try withUnsafeMutablePointer(to: &end) { end in
            sqlite3_progress_handler(
                database.sqliteConnection, instructionsBetween,
                { context in
                    guard let end = context?.assumingMemoryBound(to: ContinuousClock.Instant.self) else { return 0 }
                    return ContinuousClock.now < end.pointee ? 0 : 1
                }, end)
            defer { sqlite3_progress_handler(database.sqliteConnection, 0, nil, nil) }
            return try body(database)
        }
    }
}
