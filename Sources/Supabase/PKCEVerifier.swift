import Formats

/// The secret of one login in the browser (RFC 7636). The service gets its challenge first and the verifier itself with
/// the code, so a code that somebody else caught is worth nothing.
public struct PKCEVerifier: Sendable, Hashable, CustomStringConvertible {
    /// 43 characters of Base64 for URLs.
    public let text: String

    /// Makes one of 32 random bytes.
    public init(using random: inout some RandomNumberGenerator) {
        self.init(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    public init() {
        var random = SystemRandomNumberGenerator()
        self.init(using: &random)
    }

    init(bytes: [UInt8]) { text = Base64.encodeURL(bytes) }

    /// The challenge by the method S256 (section 4.2).
    public var challenge: String { Base64.encodeURL(SHA256.digest(of: Array(text.utf8))) }

    public var description: String { "a verifier" }
}
