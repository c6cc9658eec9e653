import GRDB
import Synchronization

/// When a transaction is synced to disk (`PRAGMA synchronous`). A crash of the process never loses a committed
/// transaction. A power failure may lose one that is not synced.
enum Durability: String {
    /// Before the commit returns.
    case atOnce = "FULL"
    /// Together with the next transaction that is synced, or at the next checkpoint.
    case later = "NORMAL"
}

/// Runs the transactions of the writer's connection. Nothing else may set its durability.
final class Transactions: Sendable {
    /// The durability that is set now; nil if that is not certain.
    private let level = Mutex<Durability?>(nil)

    /// Runs one transaction.
    func run<Value>(
        _ durability: Durability, _ database: Database, _ body: (Database) throws -> Value
    ) throws -> Value {
        // Setting it for each transaction would take longer than storing a message.
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
