import ChatServer
import ChatWire
import Formats

/// A token's header: it selects the key to check the token with, and nothing else.
///
/// A token must not bring its own key, so `jwk`, `jku`, `x5c` and `x5u` are ignored. `crit` lists the extensions that
/// the reader must understand (RFC 7515, section 4.1.11). This reader understands none, so a token with `crit` is
/// refused.
struct TokenHeader: JSONDecodable {
    var algorithm: String
    var keyID: String?
    /// In seconds since 1970, as the token claims it. Nothing has checked it.
    private(set) var claimedIssueTime: Int?
    private var hasExtensions: Bool

    init(json: JSONValue) throws(WireCodec.Malformed) {
        algorithm = try json.read("alg")
        // A `kid` of any other type, null included, is an error. It is not treated as missing.
        keyID = json.has("kid") ? try json.read("kid", as: String.self) : nil
        hasExtensions = json.has("crit")
    }

    /// In bytes. No identity provider issues longer tokens, and a frame may have 64 KiB.
    static let maxTokenBytes = 16 * 1024

    init(of token: String) throws(AuthenticationError) {
        guard token.utf8.count <= Self.maxTokenBytes else { throw .rejected("it is too long") }
        if APIKey.isPublishable(token) {
            throw .rejected("it is a publishable key, which proves no user and belongs in apikey")
        }
        if APIKey.isSecret(token) {
            throw .rejected("it is a secret key of the project, which no client may have: replace it in the dashboard")
        }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // JWTKit parses the claims before it checks the signature, so they are parsed here first.
        guard parts.count == 3, let json = Base64.decodeURL(Substring(parts[0])),
            let claims = Base64.decodeURL(Substring(parts[1])),
            WireCodec.isUnambiguous(claims), let header = try? WireCodec.decode(TokenHeader.self, from: json)
        else { throw .rejected("it is no JWT") }
        guard !header.hasExtensions else { throw .rejected("it asks for an extension (crit)") }
        self = header
        claimedIssueTime = (try? WireCodec.decode(IssueTime.self, from: claims))?.seconds
    }

    private struct IssueTime: JSONDecodable {
        var seconds: Int

        init(json: JSONValue) throws(WireCodec.Malformed) { seconds = try json.read("iat") }
    }
}
