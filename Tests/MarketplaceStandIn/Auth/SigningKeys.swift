import Crypto
import Foundation

/// The keys that sign access tokens: one in use, one standing by, and those used before, whose tokens are still valid.
struct SigningKeys: Sendable {
    struct Key: Sendable {
        let id = UUID().uuidString.lowercased()
        let key = P256.Signing.PrivateKey()

        var entry: JSON {
            let point = key.publicKey.rawRepresentation
            return [
                "alg": "ES256", "crv": "P-256", "ext": true, "key_ops": ["verify"], "kid": .string(id), "kty": "EC",
                "use": "sig", "x": .string(Base64URL.text(point.prefix(32))),
                "y": .string(Base64URL.text(point.suffix(32))),
            ]
        }
    }

    private(set) var standby = Key()
    private(set) var inUse = Key()
    private(set) var previous: [Key] = []
    /// The secret of older projects. The keys that are JWTs are signed with it.
    let secret = SymmetricKey(size: .bits256)

    var all: [Key] { [inUse, standby] + previous }

    mutating func rotate() {
        previous.insert(inUse, at: 0)
        inUse = standby
        standby = Key()
    }

    /// Ends the validity of tokens that were signed with keys used before.
    mutating func revokePrevious() { previous = [] }

    // MARK: - Tokens

    func sign(_ claims: JSON, _ signing: Settings.Signing) throws -> String {
        switch signing {
        case .es256:
            let header: JSON = ["alg": "ES256", "kid": .string(inUse.id), "typ": "JWT"]
            return try Self.joined(header, claims) { try inUse.key.signature(for: $0).rawRepresentation }
        case .hs256:
            return Self.joined(["alg": "HS256", "typ": "JWT"], claims, by: mac)
        }
    }

    private func mac(of data: Data) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: data, using: secret))
    }

    private static func joined(_ header: JSON, _ claims: JSON, by sign: (Data) throws -> Data) rethrows -> String {
        let text = Base64URL.text(Data(header.text.utf8)) + "." + Base64URL.text(Data(claims.text.utf8))
        return text + "." + Base64URL.text(try sign(Data(text.utf8)))
    }

    enum Verification {
        case valid(JSON)
        case parts(Int)
        case malformed
        case unknownKey(id: String, algorithm: String)
        case wrongSignature
    }

    /// The claims, whatever they say, if the signature is right.
    func verify(_ token: String) -> Verification {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return .parts(parts.count) }
        guard let header = Base64URL.bytes(parts[0]).flatMap({ JSON(parsing: Array($0)) }),
            let claims = Base64URL.bytes(parts[1]).flatMap({ JSON(parsing: Array($0)) }),
            let signature = Base64URL.bytes(parts[2])
        else { return .malformed }
        let signed = Data((parts[0] + "." + parts[1]).utf8)
        let algorithm = header["alg"]?.string ?? ""
        if algorithm == "HS256" {
            return HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: signed, using: secret)
                ? .valid(claims) : .wrongSignature
        }
        let id = header["kid"]?.string ?? ""
        guard algorithm == "ES256", let key = all.first(where: { $0.id == id }) else {
            return .unknownKey(id: id, algorithm: algorithm)
        }
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature),
            key.key.publicKey.isValidSignature(signature, for: signed)
        else { return .wrongSignature }
        return .valid(claims)
    }
}

/// Base64 for addresses, without padding.
enum Base64URL {
    static func text(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func bytes(_ text: some StringProtocol) -> Data? {
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
