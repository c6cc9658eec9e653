import NIOHTTP1

/// Header fields in the order they arrived. Names are compared without regard to case (RFC 9110, section 5.1).
public struct HTTPHeaderFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public private(set) var fields: [Field]

    public init(_ fields: [(String, String)]) { self.fields = fields.map { Field(name: $0.0, value: $0.1) } }
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    init(_ headers: HTTPHeaders) { fields = headers.map { Field(name: $0.name, value: $0.value) } }

    /// The fields as they are sent. A line break in a value would start a new field, so it becomes a space (RFC 9110,
    /// section 5.5).
    var nioHeaders: HTTPHeaders {
        HTTPHeaders(fields.map { ($0.name, String(decoding: $0.value.utf8.map(\.inFieldValue), as: UTF8.self)) })
    }

    public mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? { values(of: name).first }

    /// The values of all fields of that name.
    public func values(of name: String) -> [String] {
        let name = name.lowercased()
        return fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The values of all fields of that name, joined (RFC 9110, section 5.3). A field that may occur only once thereby
    /// gets an invalid value if it occurs twice, whichever of the two an intermediary used.
    public func combined(_ name: String) -> String? {
        let values = values(of: name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The members of a comma-separated list, from all fields of that name.
    public func list(_ name: String) -> [String] {
        values(of: name).flatMap { $0.split(separator: ",") }.map { $0.trimmed }.filter { !$0.isEmpty }
    }

    /// Whether such a list contains the token. Case does not matter.
    func listContains(_ name: String, _ token: String) -> Bool { list(name).contains { $0.lowercased() == token } }
}

extension UInt8 {
    fileprivate var inFieldValue: UInt8 {
        let isControl = self < 0x20 && self != UInt8(ascii: "\t") || self == 0x7F
        return isControl ? UInt8(ascii: " ") : self
    }
}

extension Substring {
    /// The text without optional white space (spaces and tabs) around it.
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let start = drop(while: isBlank)
        return String(start.prefix(upTo: start.lastIndex { !isBlank($0) }.map(start.index(after:)) ?? start.startIndex))
    }
}
