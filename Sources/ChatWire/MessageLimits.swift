/// The limits of a message's length. These are the defaults; a server sends its own in `auth_success`.
public struct MessageLimits: Sendable, Hashable {
    /// The most grapheme clusters, which people count as characters.
    public var characters: Int
    /// The most bytes of UTF-8.
    public var bytes: Int

    public init(characters: Int = 500, bytes: Int = 4096) {
        self.characters = characters
        self.bytes = bytes
    }

    public enum Violation: Error, Hashable {
        /// Nothing is visible: only white space, joiners and fillers.
        case empty
        case tooManyCharacters(Int, limit: Int)
        case tooManyBytes(Int, limit: Int)
        /// U+0000, which PostgreSQL and C strings cannot hold.
        case containsNUL
    }

    /// Checks a text. White space at its ends does not count as characters.
    /// - Returns: nil if the text may be sent.
    public func check(_ text: String) -> Violation? {
        let bytes = text.utf8.count
        // This check comes first, so that counting characters is cheap whatever was sent.
        if bytes > self.bytes { return .tooManyBytes(bytes, limit: self.bytes) }
        // Most texts are short and contain a visible ASCII character. They need no look at Unicode properties.
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
    /// Whether the scalar is neither white space nor `Default_Ignorable_Code_Point`.
    var isVisible: Bool { !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint }
}
