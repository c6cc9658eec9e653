import GRDB
import GRDBSQLite

/// Where the texts of one row stand while a statement runs: SQLite would take memory for each, copy it, and give it back.
final class TextRoom {
    /// Enough for the ids and the text of most messages. What does not fit is copied by SQLite.
    private static let size = 4096

    private let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1)
    private var used = 0

    deinit { memory.deallocate() }

    /// What was in it is not used any more.
    func clear() { used = 0 }

    /// Nil where it does not fit.
    func copy(_ text: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar>? {
        guard text.count <= Self.size - used else { return nil }
        let start = memory + used
        if let source = text.baseAddress { start.copyMemory(from: source, byteCount: text.count) }
        used += text.count
        return UnsafePointer(start.assumingMemoryBound(to: CChar.self))
    }
}

/// What a ``HotStatement`` is given.
protocol HotValue: StatementBinding {
    /// - Returns: what SQLite returned.
    func bind(to statement: SQLiteStatement, at index: CInt, in room: TextRoom) -> CInt
}

extension HotValue {
    func bind(to statement: SQLiteStatement, at index: CInt, in room: TextRoom) -> CInt {
        bind(to: statement, at: index)
    }
}

extension Int64: HotValue {}

extension String: HotValue {
    func bind(to statement: SQLiteStatement, at index: CInt, in room: TextRoom) -> CInt {
        var text = self
        return text.withUTF8 { utf8 in
            guard let copy = room.copy(utf8) else { return bind(to: statement, at: index) }
            // Without a destructor: SQLITE_STATIC.
            return sqlite3_bind_text(statement, index, copy, CInt(utf8.count), nil)
        }
    }
}

/// Bytes, which SQLite copies.
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
    func bind(to statement: SQLiteStatement, at index: CInt, in room: TextRoom) -> CInt {
        self?.bind(to: statement, at: index, in: room) ?? sqlite3_bind_null(statement, index)
    }
}
