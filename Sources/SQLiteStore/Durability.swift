import GRDB
import Synchronization

/// When a transaction is on the disk. The process ending takes none back, whichever it was; the power failing may.
enum Durability: String {
    /// Before the writer hears that it was committed.
    case atOnce = "FULL"
    /// Together with the next one that is there at once, or when the write-ahead log is folded in.
    case later = "NORMAL"
}

/// The transactions of the writer's connection. Nothing else sets its level.
final class Transactions: Sendable {
    /// That of the last transaction; nil where it is not certain.
    private let level = Mutex<Durability?>(nil)

    /// Runs one transaction.
    func run<Value>(
        _ durability: Durability, _ database: Database, _ body: (Database) throws -> Value
    ) throws -> Value {
        // Setting it anew each time takes longer than storing a message.
        if level.withLock({ $0 != durability }) { try set(durability, database) }
        var value: Value?
        try database.inTransaction {
            value = try body(database)
            return .commit
        }
        return value!
    }

    private func set(_ durability: Durability, _ database: Database) throws {
        level.withLock { $0 = nil }
        try database.execute(sql: "PRAGMA synchronous = \(durability.rawValue)")
        level.withLock { $0 = durability }
    }
}
