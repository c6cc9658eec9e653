@testable import ChatWire

/// Any JSON value, read by our parser and by Foundation's.
indirect enum JSONTree: Equatable {
    case null
    case flag(Bool)
    /// Nil for a number that is not an `Int`.
    case number(Int?)
    case text(UntrustedText)  // compared by its bytes
    case list([JSONTree])
    case object([UntrustedText: JSONTree])
}

extension JSONTree: JSONDecodable {
    init(json: JSONValue) throws(WireCodec.Malformed) {
        if json.isNull {
            self = .null
        } else if let flag = try? Bool(json: json) {
            self = .flag(flag)
        } else if let elements = try? json.elements() {
            var list: [JSONTree] = []
            for element in elements { list.append(try JSONTree(json: element)) }
            self = .list(list)
        } else if let members = try? json.members() {
            var object: [UntrustedText: JSONTree] = [:]
            for (name, value) in members {
                object[UntrustedText(try String(json: name))] = try JSONTree(json: value)
            }
            self = .object(object)
        } else if json.isNumber {
            let number = Double(String(decoding: json.bytes, as: UTF8.self))
            guard let number, number.isFinite else { throw .invalid("out of range") }
            self = .number(try? Int(json: json))
        } else {
            self = .text(try UntrustedText(json: json))
        }
    }
}

extension JSONTree: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        switch self {
        case .null: json.bare("null")
        case .flag(let flag): flag.encode(to: &json)
        case .number(let number): (number ?? 0).encode(to: &json)
        case .text(let text): text.encode(to: &json)
        case .list(let list): list.encode(to: &json)
        case .object(let members):
            json.bare("{")
            for (index, member) in members.enumerated() {
                if index > 0 { json.bare(",") }
                json.string(member.key.wire)
                json.bare(":")
                member.value.encode(to: &json)
            }
            json.bare("}")
        }
    }
}

extension JSONTree: Codable {
    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let flag = try? single.decode(Bool.self) {
            self = .flag(flag)
        } else if let text = try? single.decode(String.self) {
            self = .text(UntrustedText(text))
        } else if var elements = try? decoder.unkeyedContainer() {
            var list: [JSONTree] = []
            while !elements.isAtEnd { list.append(try elements.decode(JSONTree.self)) }
            self = .list(list)
        } else if let members = try Self.members(decoder) {
            var object: [UntrustedText: JSONTree] = [:]
            for name in members.allKeys {
                object[UntrustedText(name.stringValue)] = try members.decode(JSONTree.self, forKey: name)
            }
            self = .object(object)
        } else {
            self = .number(try Self.number(single))
        }
    }

    /// Nil if the value is not an object.
    /// - Throws: if it is an object whose names cannot be read.
    private static func members(_ decoder: any Decoder) throws -> KeyedDecodingContainer<AnyName>? {
        do {
            return try decoder.container(keyedBy: AnyName.self)
        } catch DecodingError.typeMismatch {
            return nil
        }
    }

    /// - Throws: if the value is not a number, or is a string that cannot be read.
    private static func number(_ container: any SingleValueDecodingContainer) throws -> Int? {
        if let number = try? container.decode(Int.self) { return number }
        _ = try container.decode(Double.self)
        return nil
    }

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .null: try single.encodeNil()
        case .flag(let flag): try single.encode(flag)
        case .number(let number): try single.encode(number ?? 0)
        case .text(let text): try single.encode(text.wire)
        case .list(let list): try single.encode(list)
        case .object(let members):
            var container = encoder.container(keyedBy: AnyName.self)
            for (name, value) in members { try container.encode(value, forKey: AnyName(stringValue: name.wire)) }
        }
    }

    private struct AnyName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
