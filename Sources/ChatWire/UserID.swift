/// Who somebody is to the server: 1…128 Unicode scalars, none of them a control character.
///
/// Two ids are the same only if their UTF-8 bytes are. `String`'s own `==` would also match canonically equivalent
/// spellings (`é` as one scalar or two), and so let one user read what was written to another.
public struct UserID: Sendable {
    public static let maxLength = 128

    /// The id as it goes over the wire and into the store. To show it, use `displayed`.
    public let wire: String

    /// Nil if the id is empty, too long or holds a control character.
    public init?(_ wire: String) {
        guard !wire.isEmpty, wire.unicodeScalars.count <= Self.maxLength,
            !wire.unicodeScalars.contains(where: \.isControl)
        else { return nil }
        self.wire = wire
    }

    /// Nothing but white space. The protocol allows it, but on a command line it is a mistake.
    public var isBlank: Bool { wire.allSatisfy(\.isWhitespace) }

    /// The id made safe for a screen or a log. What is invisible shows, or one user could pass for another.
    public var displayed: String {
        let text = UntrustedText(wire).displayed()
        guard text.unicodeScalars.contains(where: \.properties.isDefaultIgnorableCodePoint) else { return text }
        let scalars = text.unicodeScalars.map { $0.properties.isDefaultIgnorableCodePoint ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension UntrustedText {
    /// Whether a user may be called so: as long as an id may be, without control characters, and not blank.
    public var isName: Bool { UserID(wire) != nil && !wire.allSatisfy(\.isWhitespace) }
}

extension UserID: Hashable {
    public static func == (left: UserID, right: UserID) -> Bool {
        left.wire.utf8.elementsEqual(right.wire.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = wire
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }  // far cheaper than byte by byte
        hasher.combine(0xFF as UInt8)  // in no UTF-8 text, so ids hashed in a row do not run together
    }
}

extension UserID: CustomStringConvertible {
    public var description: String { displayed }
}

extension UserID: JSONDecodable, JSONEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        guard let id = UserID(try String(json: json)) else {
            throw .invalid("a user id is 1…128 characters, none of them a control character")
        }
        self = id
    }

    public func encode(to json: inout JSONWriter) { wire.encode(to: &json) }
}
