import ChatServer
import ChatWire
import GRDB

// Converts between rows and values. Texts are stored byte for byte: neither SQLite nor GRDB normalises them.

extension UserID: DatabaseValueConvertible, StatementColumnConvertible, HotValue {
    public var databaseValue: DatabaseValue { wire.databaseValue }

    public func bind(to statement: SQLiteStatement, at index: CInt) -> CInt { wire.bind(to: statement, at: index) }

    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt {
        wire.bind(to: statement, at: index, in: arena)
    }

    public static func fromDatabaseValue(_ value: DatabaseValue) -> UserID? {
        String.fromDatabaseValue(value).flatMap { UserID($0) }
    }

    public init?(sqliteStatement: SQLiteStatement, index: CInt) {
        self.init(String(sqliteStatement: sqliteStatement, index: index))
    }
}

extension UntrustedText: DatabaseValueConvertible, StatementColumnConvertible, HotValue {
    public var databaseValue: DatabaseValue { wire.databaseValue }

    public func bind(to statement: SQLiteStatement, at index: CInt) -> CInt { wire.bind(to: statement, at: index) }

    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt {
        wire.bind(to: statement, at: index, in: arena)
    }

    public static func fromDatabaseValue(_ value: DatabaseValue) -> UntrustedText? {
        String.fromDatabaseValue(value).map { UntrustedText($0) }
    }

    public init(sqliteStatement: SQLiteStatement, index: CInt) {
        self.init(String(sqliteStatement: sqliteStatement, index: index))
    }
}

extension OpaqueID where Self: DatabaseValueConvertible & StatementColumnConvertible {
    public var databaseValue: DatabaseValue { wire.databaseValue }

    public func bind(to statement: SQLiteStatement, at index: CInt) -> CInt { wire.bind(to: statement, at: index) }

    public static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
        String.fromDatabaseValue(value).map { Self($0) }
    }

    public init(sqliteStatement: SQLiteStatement, index: CInt) {
        self.init(String(sqliteStatement: sqliteStatement, index: index))
    }
}

extension HotValue where Self: OpaqueID {
    func bind(to statement: SQLiteStatement, at index: CInt, in arena: TextArena) -> CInt {
        wire.bind(to: statement, at: index, in: arena)
    }
}

extension MessageID: DatabaseValueConvertible, StatementColumnConvertible, HotValue {}
extension ClientMessageID: DatabaseValueConvertible, StatementColumnConvertible, HotValue {}
extension Epoch: DatabaseValueConvertible, StatementColumnConvertible {}

extension Timestamp: DatabaseValueConvertible, StatementColumnConvertible, HotValue {
    public var databaseValue: DatabaseValue { microseconds.databaseValue }

    public func bind(to statement: SQLiteStatement, at index: CInt) -> CInt {
        microseconds.bind(to: statement, at: index)
    }

    public static func fromDatabaseValue(_ value: DatabaseValue) -> Timestamp? {
        Int64.fromDatabaseValue(value).map { Timestamp(microseconds: $0) }
    }

    public init(sqliteStatement: SQLiteStatement, index: CInt) {
        self.init(microseconds: Int64(sqliteStatement: sqliteStatement, index: index))
    }
}

/// The first columns of every query for messages, in this order. Finding a column by its name takes longer than reading
/// it.
enum MessageColumn: Int, CaseIterable {
    case seq, id, sender, receiver, text, createdAt, updatedAt, isRead, clientMessageID, productID, productTitle
    case senderCursor, receiverCursor

    private var name: String {
        switch self {
        case .seq: "seq"
        case .id: "id"
        case .sender: "sender_id"
        case .receiver: "receiver_id"
        case .text: "message_text"
        case .createdAt: "created_at"
        case .updatedAt: "updated_at"
        case .isRead: "is_read"
        case .clientMessageID: "client_message_id"
        case .productID: "product_id"
        case .productTitle: "product_title"
        case .senderCursor: "sender_cursor"
        case .receiverCursor: "receiver_cursor"
        }
    }

    /// - Parameter table: The name of the table in the query.
    static func all(of table: String) -> String {
        allCases.map { "\(table).\($0.name)" }.joined(separator: ", ")
    }
}

// These accessors throw on values that this program never writes. A subscript would trap.

extension Row {
    func decode<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ column: MessageColumn) throws -> Value {
        try decode(atIndex: column.rawValue)
    }
}

extension Message {
    init(row: Row) throws {
        self.init(
            id: try row.decode(.id), sender: try row.decode(.sender), receiver: try row.decode(.receiver),
            text: try row.decode(.text), createdAt: try row.decode(.createdAt))
    }
}

extension Product {
    /// Nil if the row names no product.
    fileprivate static func named(_ id: String?, _ title: UntrustedText?) -> Product? {
        id == nil && title == nil ? nil : Product(id: id, title: title)
    }
}

extension StoredMessage {
    convenience init(row: Row) throws {
        self.init(
            message: try Message(row: row),
            clientMessageID: try row.decode(.clientMessageID),
            product: try Product.named(row.decode(.productID), row.decode(.productTitle)),
            senderCursor: try row.decode(.senderCursor),
            receiverCursor: try Self.receiverCursor(row))
    }

    /// The column is 0 for a message that does not reach its receiver.
    private static func receiverCursor(_ row: Row) throws -> Int? {
        let cursor: Int = try row.decode(.receiverCursor)
        return cursor > 0 ? cursor : nil
    }
}

extension HistoryPage.Entry {
    /// The message as `user` may see it: without the id that the other user gave it.
    init(row: Row, for user: UserID, _ sides: ConversationSides?) throws {
        let stored = try StoredMessage(row: row)
        let message = stored.message
        let isRead: Bool = try row.decode(.isRead)
        // Null for a withheld message.
        let receiversSeq: Int64? = try row.decode(forColumn: "receivers_seq")
        self.init(
            message: message,
            productID: stored.product?.id, productTitle: stored.product?.title,
            isRead: isRead || receiversSeq.flatMap { sides?.haveRead($0, by: message.receiver) } ?? false,
            updatedAt: try row.decode(.updatedAt),
            sender: try HistoryPage.Profile(row: row),
            cursor: stored.cursor(of: user),
            clientMessageID: message.sender == user ? stored.clientMessageID : nil)
    }
}

extension ConversationList.Entry {
    init(row: Row) throws {
        let isBlocked: Bool = try row.decode(forColumn: "is_blocked")
        let peer: UserID = try row.decode(forColumn: "peer_id")
        var lastMessage = try Message(row: row)
        lastMessage.cursor = try row.decode(
            lastMessage.sender == peer ? .receiverCursor : .senderCursor)
        self.init(
            peer: peer,
            peerName: try row.decode(forColumn: "peer_name"),
            product: try Product.named(row.decode(forColumn: "named_id"), row.decode(forColumn: "named_title")),
            lastMessage: lastMessage,
            unread: isBlocked ? 0 : try row.decode(forColumn: "unread"), isBlocked: isBlocked)
    }
}

extension HistoryPage.Profile {
    init(row: Row) throws {
        self.init(
            name: try row.decode(forColumn: "sender_name"), avatarURL: try row.decode(forColumn: "avatar_url"))
    }
}
