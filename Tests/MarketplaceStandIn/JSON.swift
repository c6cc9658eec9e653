import Foundation

/// A JSON value whose members keep their order, as they do in the service's answers.
public indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case decimal(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    public struct Member: Sendable {
        public var name: String
        public var value: JSON

        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// What `bytes` say; `nil` if they are no JSON.
    public init?(parsing bytes: [UInt8]) {
        guard let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) else {
            return nil
        }
        self.init(value)
    }

    private init(_ value: Any) {
        switch value {
        case let text as String: self = .string(text)
        case let number as NSNumber where isBoolean(number): self = .bool(number.boolValue)
        case let number as NSNumber:
            let isWhole = number.doubleValue == Double(number.intValue)
            self = isWhole ? .integer(number.intValue) : .decimal(number.doubleValue)
        case let values as [Any]: self = .array(values.map(JSON.init))
        case let members as [String: Any]:
            self = .object(members.sorted { $0.key < $1.key }.map { Member($0.key, JSON($0.value)) })
        default: self = .null
        }
    }

    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var integer: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    public var elements: [JSON]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// The text, without spaces.
    public var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let number): String(number)
        case .decimal(let number): String(number)
        case .string(let text): Self.quoted(text)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                quoted += "\\u" + String(repeating: "0", count: scalar.value < 0x10 ? 3 : 2)
                quoted += String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// With every string but those of the named members replaced by `text`.
    func replacingStrings(with text: String, except kept: Set<String>) -> JSON {
        switch self {
        case .null, .bool, .integer, .decimal: self
        case .string: .string(text)
        case .array(let values): .array(values.map { $0.replacingStrings(with: text, except: kept) })
        case .object(let members):
            .object(
                members.map {
                    kept.contains($0.name)
                        ? $0 : Member($0.name, $0.value.replacingStrings(with: text, except: kept))
                })
        }
    }
}

/// `JSONSerialization` gives true and false as numbers, whose type alone tells them apart.
private func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral
{
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { Member($0.0, $0.1) }) }
    public init(arrayLiteral values: JSON...) { self = .array(values) }
    public init(stringLiteral text: String) { self = .string(text) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral number: Int) { self = .integer(number) }
    public init(nilLiteral: ()) { self = .null }
}
