import ChatWire

/// A token or a key, as it goes to the server in a header.
public enum Credential {
    /// It is empty, or has characters that no token and no key is made of. What it is stays untold: it is a secret.
    public struct Invalid: Error, Hashable {}

    /// The text without white space around it, and without the mark that some editors put before it. What is left is
    /// printable ASCII without blanks; anything else a header would cut, or end (RFC 9110, section 5.5).
    public static func checked(_ text: String) throws(Invalid) -> String {
        let scalars = text.unicodeScalars
        let credential = MessageLimits.trimmed(String(scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars[...]))
        guard !credential.isEmpty, credential.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw Invalid() }
        return credential
    }
}
