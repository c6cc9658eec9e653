import GRDB
import GRDBSQLite

/// A statement that runs for every message. It is bound and stepped with SQLite's C interface, because GRDB boxes each
/// value and checks each row, which costs more than SQLite itself.
struct HotStatement {
    private let statement: Statement
    private let arena: TextArena?

    /// - Parameter arena: Memory for its texts, for a statement that runs many times.
    init(_ database: Database, _ sql: String, in arena: TextArena? = nil) throws {
        statement = try database.cachedStatement(sql: sql)
        self.arena = arena
    }

    /// A statement that inserts rows with all of their columns.
    init<Row: HotRow>(_ database: Database, insertingInto table: String, _ row: Row.Type, in arena: TextArena) throws {
        let names = Row.columns.map(\.rawValue).joined(separator: ", ")
        let places = Row.columns.map { _ in "?" }.joined(separator: ", ")
        try self.init(database, "INSERT INTO \(table) (\(names)) VALUES (\(places))", in: arena)
    }

    func insert<Row: HotRow>(_ row: Row) throws {
        let pointer = statement.sqliteStatement
        defer { end(pointer) }
        var index: CInt = 0
        for column in Row.columns {
            index += 1
            let code = row.bind(column, by: HotBinder(statement: pointer, index: index, arena: arena))
            guard code == SQLITE_OK else { throw error(code) }
        }
        let code = sqlite3_step(pointer)
        guard code == SQLITE_DONE else { throw error(code) }
    }

    func execute<each Value: HotValue>(_ values: repeat each Value) throws {
        _ = try first(repeat each values) { _ in }
    }

    func findsRow<each Value: HotValue>(_ values: repeat each Value) throws -> Bool {
        try first(repeat each values) { _ in } != nil
    }

    /// The first column of the first row. Nil if there is no row or the column is NULL.
    func integer<each Value: HotValue>(_ values: repeat each Value) throws -> Int64? {
        try first(repeat each values) { Self.integer($0, 0) } ?? nil
    }

    /// The first two columns of the first row, each nil if it is NULL. Nil if there is no row.
    func integers<each Value: HotValue>(_ values: repeat each Value) throws -> (Int64?, Int64?)? {
        try first(repeat each values) { (Self.integer($0, 0), Self.integer($0, 1)) }
    }

    /// The first two columns of all rows. The statement must not select NULLs.
    func allIntegers<each Value: HotValue>(_ values: repeat each Value) throws -> [(Int64, Int64)] {
        var rows: [(Int64, Int64)] = []
        try forEachRow(repeat each values) { row in
            rows.append((sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)))
            return true
        }
        return rows
    }

    /// The first column of the first row.
    func text<each Value: HotValue>(_ values: repeat each Value) throws -> String? {
        try first(repeat each values) { sqlite3_column_text($0, 0).map(String.init(cString:)) } ?? nil
    }

    /// The bytes in the first column of the first row.
    func bytes<each Value: HotValue>(_ values: repeat each Value) throws -> [UInt8]? {
        try first(repeat each values) { row in
            let count = Int(sqlite3_column_bytes(row, 0))
            return Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(row, 0), count: count))
        }
    }

    private static func integer(_ row: SQLiteStatement, _ column: CInt) -> Int64? {
        sqlite3_column_type(row, column) == SQLITE_NULL ? nil : sqlite3_column_int64(row, column)
    }

    private func first<each Value: HotValue, Result>(
        _ values: repeat each Value, read: (SQLiteStatement) -> Result
    ) throws -> Result? {
        var result: Result?
        try forEachRow(repeat each values) { row in
            result = read(row)
            return false
        }
        return result
    }

    /// - Parameter read: Returns whether to go on.
    private func forEachRow<each Value: HotValue>(
        _ values: repeat each Value, read: (SQLiteStatement) -> Bool
    ) throws {
        let pointer = statement.sqliteStatement
        defer { end(pointer) }
        var index: CInt = 0
        for value in repeat each values {
            index += 1
            let code = arena.map { value.bind(to: pointer, at: index, in: $0) } ?? value.bind(to: pointer, at: index)
            guard code == SQLITE_OK else { throw error(code) }
        }
        while true {
            switch sqlite3_step(pointer) {
            case SQLITE_ROW: if !read(pointer) { return }
            case SQLITE_DONE: return
            case let code: throw error(code)
            }
        }
    }

    private func end(_ pointer: SQLiteStatement) {
        sqlite3_reset(pointer)
        guard let arena else { return }
        // Otherwise the bindings would point to memory that other texts use next.
        sqlite3_clear_bindings(pointer)
        arena.clear()
    }

    private func error(_ code: CInt) -> DatabaseError {
        let connection = sqlite3_db_handle(statement.sqliteStatement)
        return DatabaseError(
            resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)),
            sql: statement.sql)
    }
}

/// A row whose columns a ``HotStatement`` binds.
protocol HotRow {
    /// The columns, by their names in the database.
    associatedtype Column: RawRepresentable<String>

    static var columns: [Column] { get }

    /// - Returns: SQLite's result code.
    func bind(_ column: Column, by binder: HotBinder) -> CInt
}

/// Binds one value to its place in a statement.
struct HotBinder {
    let statement: SQLiteStatement
    let index: CInt
    let arena: TextArena?

    @inline(__always)
    func bind(_ value: some HotValue) -> CInt {
        arena.map { value.bind(to: statement, at: index, in: $0) } ?? value.bind(to: statement, at: index)
    }
}
