import ChatServer
import GRDB
import GRDBSQLite

/// A bound on the time of one read. What reads for long keeps the write-ahead log from being cut off.
enum ReadLimit {
    static let standard: Duration = .seconds(5)

    /// How many of SQLite's instructions go between two looks at the clock: less than a millisecond's.
    private static let instructionsBetween: CInt = 10_000

    /// Runs a read. Beyond `limit` its statement fails with `SQLITE_INTERRUPT`.
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
