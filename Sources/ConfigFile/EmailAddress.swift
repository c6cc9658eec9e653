/// An e-mail address, as people type it.
public enum EmailAddress {
    /// Whether the text can be an address: one `@` with text on both sides, and no blank, control character or bracket.
    /// The service decides; this finds typing errors before anything is sent. RFC 5321, section 4.5.3.1.3, limits an
    /// address to 254 bytes.
    public static func isPlausible(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return false }
        let domain = parts[1]
        guard !domain.hasPrefix("."), !domain.hasSuffix("."), !domain.contains("..") else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && !(0x7F...0x9F).contains(scalar.value)
                && !"<>()[]\\,;:\"".unicodeScalars.contains(scalar)
                && !scalar.properties.isWhitespace
        }
    }
}
