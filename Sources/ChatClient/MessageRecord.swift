import ChatWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A message as a line of JSON for other programs: one object, with the names that `GET /messages` has.
public struct MessageRecord: Sendable, Hashable {
    private let stored: StoredMessage

    public init(_ stored: StoredMessage) { self.stored = stored }

    /// In one line and safe to show: what must not reach a terminal is written as an escape, which says the same.
    public var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("strings and numbers always encode")
        }
        return Self.escaped(String(decoding: data, as: UTF8.self))
    }

    /// Whatever is not ASCII stands in a string of the JSON, where it may be written as an escape.
    private static func escaped(_ json: String) -> String {
        if json.utf8.elementsEqual(UntrustedText(json).displayed().utf8) { return json }
        var line = ""
        for scalar in json.unicodeScalars {
            let character = String(scalar)
            if UntrustedText(character).displayed().unicodeScalars.first == scalar {
                line.unicodeScalars.append(scalar)
            } else {
                line += character.utf16.map(Self.escape).joined()
            }
        }
        return line
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension MessageRecord: Encodable {
    private enum CodingKeys: String, CodingKey {
        case cursor
        case clientMessageID = "client_message_id"
        case productID = "product_id"
        case productTitle = "product_title"
    }

    public func encode(to encoder: any Encoder) throws {
        try stored.message.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(stored.cursor, forKey: .cursor)
        try container.encodeIfPresent(stored.clientMessageID, forKey: .clientMessageID)
        try container.encodeIfPresent(stored.product?.id, forKey: .productID)
        try container.encodeIfPresent(stored.product?.title, forKey: .productTitle)
    }
}
