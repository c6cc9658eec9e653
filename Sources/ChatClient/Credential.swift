import ChatWire

/// A token or a key that is sent to the server in a header.
public enum Credential {
    /// The text is empty or contains a character that no token or key contains. The error does not say which, because
    /// the text is secret.
    public struct Invalid: Error, Hashable {}

    /// Removes white space around the text, and a byte order mark before it, which some editors write. The result is
    /// printable ASCII without blanks; any other character would be invalid or end the header (RFC 9110, section 5.5).
    /// - Throws: `Invalid` for any other text.
    public static func checked(_ text: String) throws(Invalid) -> String {
        let scalars = text.unicodeScalars
        let credential = MessageLimits.trimmed(String(scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars[...]))
        guard !credential.isEmpty, credential.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw Invalid() }
        return credential
    }
}
