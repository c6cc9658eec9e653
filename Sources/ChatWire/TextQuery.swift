/// What somebody looks for in messages: found whatever the case of the letters is, and `ё` for `е`.
public struct TextQuery: Sendable, Hashable {
    /// As it was typed, without white space at its ends.
    public let text: String
    private let bytes: [UInt8]

    /// Nil for a query that would find everything.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        bytes = Array(Self.folded(self.text).utf8)
        if bytes.isEmpty { return nil }
    }

    public func matches(_ text: UntrustedText) -> Bool {
        var folded = Self.folded(text.displayed())
        return folded.withUTF8 { text in
            guard text.count >= bytes.count else { return false }
            return (0...text.count - bytes.count).contains { start in
                text[start] == bytes[0] && text[start..<start + bytes.count].elementsEqual(bytes)
            }
        }
    }

    /// What differs only in case, or in the dots of `ё`, is the same.
    public static func folded(_ text: String) -> String {
        let lower = text.lowercased()
        guard lower.utf8.contains(0xD1) else { return lower }  // the first byte of ё
        return String(String.UnicodeScalarView(lower.unicodeScalars.map { $0 == "ё" ? "е" : $0 }))
    }
}
