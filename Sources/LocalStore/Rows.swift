import ChatClient
import ChatWire
import Foundation
import GRDB

// Conversions between rows and values. Texts keep their bytes.

extension String {
    /// A TEXT value, or a BLOB if the text contains U+0000, which ends a TEXT in SQLite. Both compare equal only to the
    /// same bytes.
    var databaseText: DatabaseValue {
        containsNUL ? Data(utf8).databaseValue : databaseValue
    }
}

extension OpaqueID {
    var databaseText: DatabaseValue { wire.databaseText }
}

extension Row {
    /// Throws if the column has a value that this program never writes. GRDB's subscript would trap.
    func text(_ column: String) throws -> String {
        guard let text = try optionalText(column) else { throw UnexpectedValue() }
        return text
    }

    func optionalText(_ column: String) throws -> String? {
        guard let value: DatabaseValue = hasColumn(column) ? self[column] : nil else { throw UnexpectedValue() }
        switch value.storage {
        case .null: return nil
        case .string(let text): return text
        case .blob(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .int64, .double: throw UnexpectedValue()
        }
    }

    func id<ID: OpaqueID>(_ column: String) throws -> ID { ID(try text(column)) }

    func optionalID<ID: OpaqueID>(_ column: String) throws -> ID? { try optionalText(column).map { ID($0) } }

    func integer(_ column: String) throws -> Int64 { try decode(forColumn: column) }

    func flag(_ column: String) throws -> Bool { try integer(column) != 0 }

    /// Nil for 0, which stands for a message without a cursor.
    func cursor(_ column: String) throws -> Int? {
        let cursor = Int(try integer(column))
        return cursor == 0 ? nil : cursor
    }

    /// Nil if both columns are NULL.
    func draft() throws -> Draft { Draft(try text("draft_text"), product: try product()) }

    func product(id: String = "product_id", title: String = "product_title") throws -> Product? {
        let product = Product(id: try optionalText(id), title: try optionalText(title).map { UntrustedText($0) })
        return product == Product() ? nil : product
    }

    struct UnexpectedValue: Error {}
}

extension MessagePlace {
    init(row: Row) throws {
        self.init(
            orderedAt: Timestamp(microseconds: try row.integer("order_at")), cursor: try row.cursor("cursor"),
            arrival: try row.integer("seq"))
    }

    /// The arguments of `(order_at, cursor, seq)`.
    var arguments: StatementArguments { [orderedAt.microseconds, cursor ?? 0, arrival] }
}

extension StoredMessage {
    init(row: Row, user: UserID, peer: UserID) throws {
        let isOwn = try row.flag("is_own")
        self.init(
            message: Message(
                id: try row.id("id"), sender: isOwn ? user : peer, receiver: isOwn ? peer : user,
                text: UntrustedText(try row.text("message_text")),
                createdAt: Timestamp(microseconds: try row.integer("created_at"))),
            cursor: try row.cursor("cursor"), clientMessageID: try row.optionalID("client_message_id"),
            product: try row.product())
    }
}

extension UnsentMessage {
    init(row: Row) throws {
        guard let receiver = UserID(try row.text("receiver_id")), let state = State(rawValue: try row.text("state"))
        else { throw Row.UnexpectedValue() }
        self.init(
            id: try row.id("id"), receiver: receiver, text: try row.text("message_text"), product: try row.product(),
            createdAt: Timestamp(microseconds: try row.integer("created_at")), state: state)
    }
}

extension FeedPosition {
    init(row: Row) throws {
        self.init(
            epoch: try row.id("epoch"), cursor: Int(try row.integer("cursor")),
            messageID: try row.optionalID("message_id"))
    }

    /// Nil if the store has never received this user's feed.
    static func stored(_ database: Database) throws -> FeedPosition? {
        try Row.fetchOne(database.cachedStatement(sql: "SELECT * FROM feed")).map(FeedPosition.init(row:))
    }
}

extension ConversationMark {
    init(row: Row, user: UserID) throws {
        self.init(user: user, delivered: try row.optionalID("delivered"), read: try row.optionalID("read"))
    }
}
