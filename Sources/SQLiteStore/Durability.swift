import GRDB

/// When a transaction is on the disk. The process ending takes none back, whichever it was; the power failing may.
enum Durability: String {
    /// Before the writer hears that it was committed.
    case atOnce = "FULL"
    /// Together with the next one that is there at once, or when the write-ahead log is folded in.
    case later = "NORMAL"

    /// Runs one transaction. Each sets the level that it needs, so none rests on the one before to have restored it.
    func transaction<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        try database.execute(sql: "PRAGMA synchronous = \(rawValue)")
        var value: Value?
        try database.inTransaction {
            value = try body(database)
            return .commit
        }
        return value!
    }
}
