/// How long a message may be. The server tells its own in `auth_success`; these are the defaults.
public struct MessageLimits: Sendable, Hashable {
    /// Grapheme clusters, as people count characters.
    public var characters: Int
    /// Bytes of UTF-8.
    public var bytes: Int

    public init(characters: Int = 500, bytes: Int = 4096) {
        self.characters = characters
        self.bytes = bytes
    }

    public enum Violation: Error, Hashable {
        /// Nothing to see: white space, joiners, fillers.
        case empty
        case tooManyCharacters(Int, limit: Int)
        case tooManyBytes(Int, limit: Int)
        /// U+0000, which PostgreSQL and C strings cannot hold.
        case containsNUL
    }

    /// Checks a text as it would be sent. White space at the ends does not count as characters.
    public func check(_ text: String) -> Violation? {
        let bytes = text.utf8.count
        // First, so that counting characters costs little whatever was sent.
        if bytes > self.bytes { return .tooManyBytes(bytes, limit: self.bytes) }
        // Most are short, and have a letter of ASCII at least: that much shows without a look at what Unicode says of each.
        if bytes <= characters, text.utf8.contains(where: { 0x21...0x7E ~= $0 }), !text.containsNUL { return nil }
        let trimmed = Self.trimmed(text)
        if !trimmed.unicodeScalars.contains(where: \.isVisible) { return .empty }
        if trimmed.count > characters { return .tooManyCharacters(trimmed.count, limit: characters) }
        if text.containsNUL { return .containsNUL }
        return nil
    }

    /// The text without white space (Unicode's `White_Space`) at its ends.
    public static func trimmed(_ text: String) -> String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension MessageLimits: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let standard = MessageLimits()
        let range = 1...(1 << 31)
        characters = try json.readIfPresent(.messageLength, in: range) ?? standard.characters
        bytes = try json.readIfPresent(.messageBytes, in: range) ?? standard.bytes
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.messageLength, characters)
        json.member(.messageBytes, bytes)
    }
}

extension Unicode.Scalar {
    /// Neither white space nor what Unicode lets programs leave out (`Default_Ignorable_Code_Point`).
    var isVisible: Bool { !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint }
}
