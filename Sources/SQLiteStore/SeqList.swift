import ChatServer
import GRDB

/// Passes a list of `seq`s to a query.
enum SeqList {
    /// The list as a table with the columns `number`, which gives the order, and `seq`.
    static let table = "(SELECT key AS number, value AS seq FROM json_each(:places)) AS page"

    static func text(_ places: some Sequence<Int64>) -> String {
        "[\(places.map(String.init).joined(separator: ","))]"
    }

    /// The messages at these `seq`s, in the same order.
    static func messages(_ places: some Sequence<Int64>, _ database: Database) throws -> [StoredMessage] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(MessageColumn.all(of: "messages")) FROM \(table) CROSS JOIN messages USING (seq) ORDER BY page.number
                """)
        let rows = try Row.fetchCursor(statement, arguments: ["places": text(places)])
        return try Array(rows.map(StoredMessage.init(row:)))
    }
}
