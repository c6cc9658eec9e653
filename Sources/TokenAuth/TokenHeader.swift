import ChatServer
import ChatWire
import Foundation

/// A token's header: which key to check it with, and nothing else.
///
/// `jwk`, `jku`, `x5c` and `x5u`, by which a token brings its own key, are ignored. `crit` names what has to be understood
/// (RFC 7515, section 4.1.11), which nothing is.
struct TokenHeader: JSONDecodable {
    var algorithm: String
    var keyID: String?
    private var hasExtensions: Bool

    init(json: JSONValue) throws(WireCodec.Malformed) {
        algorithm = try json.read("alg")
        // Whatever it is, null included, it is not as if it were not there.
        keyID = json.has("kid") ? try json.read("kid", as: String.self) : nil
        hasExtensions = json.has("crit")
    }

    /// Longer than any token that an identity provider gives; a frame may be 64 KiB.
    static let longestToken = 16 * 1024

    init(of token: String) throws(AuthenticationError) {
        guard token.utf8.count <= Self.longestToken else { throw .rejected("it is too long") }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // What it claims is read by JWTKit, before it is checked.
        guard parts.count == 3, let json = Self.decode(parts[0]), let claims = Self.decode(parts[1]),
            WireCodec.isUnambiguous(Array(claims)),
            let header = try? WireCodec.decode(TokenHeader.self, from: Array(json))
        else { throw .rejected("it is no JWT") }
        guard !header.hasExtensions else { throw .rejected("it asks for an extension (crit)") }
        self = header
    }

    /// Base64 in its form for URLs, without padding (RFC 4648, section 5).
    private static func decode(_ text: Substring.UTF8View) -> Data? {
        var base64 = String(decoding: text, as: UTF8.self)
        base64 = base64.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4))
    }
}
