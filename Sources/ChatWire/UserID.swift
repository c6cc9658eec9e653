/// The id of a user: 1 to 128 Unicode scalars, none of them a control character.
///
/// Two ids are equal only if their UTF-8 bytes are. `String`'s own `==` also matches canonically equivalent texts (`é`
/// as one scalar or two), and so would let one user read another's messages.
public struct UserID: Sendable {
    public static let maxLength = 128

    /// The id on the wire and in the store. To show it, use `displayed`.
    public let wire: String

    /// Nil if the id is empty, too long, or contains a control character.
    public init?(_ wire: String) {
        guard Self.isValid(wire) else { return nil }
        self.wire = wire
    }

    private static func isValid(_ wire: String) -> Bool {
        // This is called for each name in each event, and most ids are ASCII.
        if wire.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return 1...maxLength ~= wire.utf8.count }
        return wire.unicodeScalars.count <= maxLength && !wire.unicodeScalars.contains(where: \.isControl)
    }

    /// Whether the id is only white space. The protocol allows it, but on a command line it is a mistake.
    public var isBlank: Bool { wire.allSatisfy(\.isWhitespace) }

    /// The id made safe for a screen or a log. Invisible characters are shown, since otherwise one user could pass for
    /// another.
    public var displayed: String {
        let text = UntrustedText(wire).displayed()
        guard text.unicodeScalars.contains(where: \.properties.isDefaultIgnorableCodePoint) else { return text }
        let scalars = text.unicodeScalars.map { $0.properties.isDefaultIgnorableCodePoint ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension UntrustedText {
    /// Whether the text can be a display name: it is as long as an id may be, has no control characters, and is not
    /// blank.
    public var isName: Bool { UserID(wire) != nil && !wire.allSatisfy(\.isWhitespace) }
}

extension UserID: Hashable {
    public static func == (left: UserID, right: UserID) -> Bool {
        left.wire.hasSameBytes(as: right.wire)
    }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }
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
