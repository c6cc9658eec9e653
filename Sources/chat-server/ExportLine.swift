import ChatServer
import ChatWire
import Foundation
import SQLiteStore

/// A record of an export as a JSON object, in which every character that a terminal would obey is escaped.
struct ExportLine: Encodable {
    private let record: ExportRecord
    private let user: UserID

    init(_ record: ExportRecord, of user: UserID) {
        self.record = record
        self.user = user
    }

    private enum CodingKeys: String, CodingKey {
        case type, id, name, banned, cursor
        case lastSeen = "last_seen"
        case userID = "user_id"
        case sender = "sender_id"
        case receiver = "receiver_id"
        case text = "message_text"
        case createdAt = "created_at"
        case clientMessageID = "client_message_id"
        case productID = "product_id"
        case productTitle = "product_title"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch record {
        case .user(let id, let name, let lastSeen, let isBanned):
            try container.encode("user", forKey: .type)
            try container.encode(id.wire, forKey: .id)
            try container.encodeIfPresent(name?.wire, forKey: .name)
            try container.encodeIfPresent(lastSeen, forKey: .lastSeen)
            try container.encode(isBanned, forKey: .banned)
        case .block(let other):
            try container.encode("block", forKey: .type)
            try container.encode(other.wire, forKey: .userID)
        case .message(let stored):
            let message = stored.message
            try container.encode("message", forKey: .type)
            try container.encode(message.id, forKey: .id)
            try container.encode(message.sender.wire, forKey: .sender)
            try container.encode(message.receiver.wire, forKey: .receiver)
            try container.encode(message.text.wire, forKey: .text)
            try container.encode(message.createdAt, forKey: .createdAt)
            try container.encode(stored.cursor(of: user), forKey: .cursor)
            if message.sender == user {
                try container.encodeIfPresent(stored.clientMessageID, forKey: .clientMessageID)
            }
            try container.encodeIfPresent(stored.product?.id, forKey: .productID)
            try container.encodeIfPresent(stored.product?.title?.wire, forKey: .productTitle)
        }
    }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = (try? encoder.encode(self)) ?? Data()
        return String(
            String.UnicodeScalarView(String(decoding: data, as: UTF8.self).unicodeScalars.flatMap(Self.escaped)))
    }

    /// Controls and what changes the direction of text; all are of the basic plane, or are left out of no text's meaning.
    private static func escaped(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            scalar.utf16.flatMap { unit in
                let digits = String(unit, radix: 16)
                return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
            }
        default: [scalar]
        }
    }
}
