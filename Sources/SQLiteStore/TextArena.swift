import GRDB
import GRDBSQLite

/// Memory for the texts of one row while a statement runs. Otherwise SQLite would allocate, copy and free each text.
final class TextArena {
    /// In bytes: enough for the ids and the text of most messages. SQLite copies what does not fit.
    private static let size = 4096

    private let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1)
    private var used = 0

    deinit { memory.deallocate() }

    /// Frees all of it. Nothing in it may still be in use.
    func clear() { used = 0 }

    /// Nil if the text does not fit.
    func copy(_ text: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar>? {
        guard text.count <= Self.size - used else { return nil }
        let start = memory + used
        if let source = text.baseAddress { start.copyMemory(from: source, byteCount: text.count) }
        used += text.count
        return UnsafePointer(start.assumingMemoryBound(to: CChar.self))
    }
}

/// A value that a ``HotStatement`` binds.
protocol HotValue: StatementBinding {
    /// - Returns: SQLite's result code.
    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt
}

extension HotValue {
    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt {
        bind(to: statement, at: index)
    }
}

extension Int64: HotValue {}

extension String: HotValue {
    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt {
        var text = self
        return text.withUTF8 { utf8 in
            guard let copy = arena.copy(utf8) else { return bind(to: statement, at: index) }
            // No destructor means SQLITE_STATIC: SQLite does not copy.
            return sqlite3_bind_text(statement, index, copy, CInt(utf8.count), nil)
        }
    }
}

/// A blob, which SQLite copies.
struct Blob: HotValue {
    let bytes: [UInt8]

    func bind(to statement: SQLiteStatement, at index: CInt) -> CInt {
        bytes.withUnsafeBytes {
            sqlite3_bind_blob64(
                statement, index, $0.baseAddress, UInt64($0.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
    }
}

extension Optional: HotValue where Wrapped: HotValue {
    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt {
        self?.bind(to: statement, at: index, in: arena) ?? sqlite3_bind_null(statement, index)
    }
}
