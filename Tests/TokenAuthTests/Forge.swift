import Crypto
import CryptoExtras
import Foundation

/// Makes valid and invalid tokens of every kind, without the library under test.
struct Forge {
    let secret = "a secret of more than thirty-two bytes"
    let rsa: _RSA.Signing.PrivateKey
    let ec = P256.Signing.PrivateKey()

    /// Making a key of 2048 bits takes a moment, so it is made once.
    private static let rsaKey = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    init() throws { rsa = try Self.rsaKey.get() }

    static func base64(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func hs256(_ claims: String, header: String = #"{"alg":"HS256","typ":"JWT"}"#, secret: String? = nil) -> String {
        signed(header, claims) { hmac($0, key: Data((secret ?? self.secret).utf8)) }
    }

    func rs256(_ claims: String, header: String = #"{"alg":"RS256","kid":"rsa"}"#) throws -> String {
        try signed(header, claims) { try rsa.signature(for: $0, padding: .insecurePKCS1v1_5).rawRepresentation }
    }

    func es256(_ claims: String, header: String = #"{"alg":"ES256","kid":"ec"}"#) throws -> String {
        try signed(header, claims) { try ec.signature(for: $0).rawRepresentation }
    }

    func hmac(_ data: Data, key: Data) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
    }

    func signed(_ header: String, _ claims: String, by sign: (Data) throws -> Data) rethrows -> String {
        let text = Self.base64(Data(header.utf8)) + "." + Self.base64(Data(claims.utf8))
        return text + "." + Self.base64(try sign(Data(text.utf8)))
    }

    // MARK: - Key sets

    func rsaEntry(_ id: String = "rsa", more: String = "") throws -> String {
        let (modulus, exponent) = try rsa.publicKey.getKeyPrimitives().parts
        return #"{"kty":"RSA","kid":"\#(id)","n":"\#(Self.base64(modulus))","e":"\#(Self.base64(exponent))"\#(more)}"#
    }

    func ecEntry(_ id: String = "ec", more: String = "") -> String {
        let point = ec.publicKey.rawRepresentation
        return #"{"kty":"EC","crv":"P-256","kid":"\#(id)","x":"\#(Self.base64(point.prefix(32)))","#
            + #""y":"\#(Self.base64(point.suffix(32)))"\#(more)}"#
    }

    static func keySet(_ entries: String...) -> String { #"{"keys":[\#(entries.joined(separator: ","))]}"# }
}

extension _RSA.Signing.PublicKey.Primitives {
    fileprivate var parts: (modulus: Data, exponent: Data) { (modulus, publicExponent) }
}
