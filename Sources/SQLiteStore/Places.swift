/// Places in the log, as a query is given them.
enum Places {
    /// A table with the columns `number`, which is their order, and `seq`.
    static let table = "(SELECT key AS number, value AS seq FROM json_each(:places)) AS page"

    static func text(_ places: some Sequence<Int64>) -> String {
        "[\(places.map(String.init).joined(separator: ","))]"
    }
}
