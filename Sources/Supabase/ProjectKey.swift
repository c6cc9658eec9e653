import ChatWire
import Formats

/// The key of a project that a program of its users may have: a publishable key, or the `anon` key of older projects. It
/// is no secret. It says which project is meant, and row-level security decides what its holder may do.
public struct ProjectKey: Sendable, Hashable {
    public enum Invalid: Error, Sendable, Hashable {
        case empty
        /// It is neither `sb_publishable_…` nor a JSON Web Token.
        case malformed
        /// It is a secret key or a `service_role` key. Its holder can read and change everything, so it must not leave
        /// the server. The program forgets it.
        case secret
        /// A JSON Web Token of another role than `anon`, such as somebody's own access token.
        case otherToken
    }

    public let text: String

    /// White space around the text does not count.
    public init(_ text: String) throws(Invalid) {
        let key = MessageLimits.trimmed(text)
        if key.isEmpty { throw .empty }
        guard Secret.isSendable(key), key.utf8.count <= 4096 else { throw .malformed }
        if key.hasPrefix("sb_secret_") { throw .secret }
        if !key.hasPrefix("sb_publishable_") {
            guard let role = JSONWebToken(key)?.role else { throw .malformed }
            if role == "service_role" || role == "supabase_admin" { throw .secret }
            guard role == "anon" else { throw .otherToken }
        }
        self.text = key
    }
}

/// What is sent in a header: tokens and keys.
enum Secret {
    /// Whether the text is printable ASCII without blanks; any other character would be invalid or end the header (RFC
    /// 9110, section 5.5).
    static func isSendable(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// What a JSON Web Token (RFC 7519) claims. Nothing of it is checked: only its issuer's server can do that.
public struct JSONWebToken: Sendable, Hashable {
    /// The end of its validity in seconds since 1970, by its issuer's clock.
    public let expires: Int?
    /// `anon`, `authenticated` or `service_role`.
    public let role: String?
    public let subject: String?
    /// `aal2` after a second factor, otherwise `aal1`.
    public let assurance: String?

    /// Nil for a text that is not a JSON Web Token.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decodeURL(parts[1]),
            let json = String(validating: bytes, as: UTF8.self)
        else { return nil }
        do throws(WireCodec.Malformed) {
            let claims = try JSONDocument(json).root
            subject = try claims.readIfPresent("sub")
            role = try claims.readIfPresent("role")
            assurance = try claims.readIfPresent("aal")
            expires = try claims.readIfPresent("exp", in: 0...1 << 40)
        } catch {
            return nil
        }
    }
}
