/// A type that can be decoded from JSON.
public protocol JSONDecodable {
    init(json: JSONValue) throws(WireCodec.Malformed)
}

/// A type that can be decoded from JSON and encoded as JSON.
public typealias JSONCodable = JSONDecodable & JSONEncodable

extension String: JSONDecodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        switch json.node.kind {
        case .string: self.init(decoding: json.bytes, as: UTF8.self)
        case .escapedString:
            guard let bytes = JSONEscape.unescaped(json.bytes) else { throw .invalid("half of a surrogate pair") }
            self.init(decoding: bytes, as: UTF8.self)
        default: throw .ofAnotherType
        }
    }
}

extension Bool: JSONDecodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        switch json.node.kind {
        case .true: self = true
        case .false: self = false
        default: throw .ofAnotherType
        }
    }
}

extension Int: JSONDecodable {
    /// `1.0` and `1e2` are integers, too.
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let text = String(decoding: json.bytes, as: UTF8.self)
        let number: Int?
        switch json.node.kind {
        case .integer: number = Int(text)
        case .number: number = Double(text).flatMap(Int.init(exactly:))
        default: throw .ofAnotherType
        }
        guard let number else { throw .invalid("no whole number of 64 bits") }
        self = number
    }
}

extension Array: JSONDecodable where Element: JSONDecodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        self = []
        for element in try json.elements() { append(try Element(json: element)) }
    }
}
