import ChatWire
import Foundation
import JWTKit

/// A key with its one algorithm. The algorithm follows from the type of the key, never from a token.
struct VerificationKey: Sendable {
    /// The name of the algorithm in a token's header (`alg`).
    let algorithm: String
    /// A collection of this key alone, so that JWTKit cannot select another one.
    private let keys: JWTKeyCollection

    /// HS256 with a shared secret.
    init(secret: [UInt8]) async {
        algorithm = "HS256"
        keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
    }

    /// A public key of a key set, for RS256 or ES256. Nil for any other type, and for a key that is not for signatures
    /// (`use`).
    init?(_ entry: KeySetEntry) async {
        guard entry.use ?? "sig" == "sig" else { return nil }
        let id = entry.id ?? ""  // JWTKit requires an id; the collection holds this key alone
        let key: JWK
        switch (entry.kind, entry.curve) {
        case ("RSA", _):
            algorithm = "RS256"
            key = .rsa(.rs256, identifier: JWKIdentifier(string: id), modulus: entry.modulus, exponent: entry.exponent)
        case ("EC", "P-256"):
            algorithm = "ES256"
            key = .ecdsa(.es256, identifier: JWKIdentifier(string: id), x: entry.x, y: entry.y, curve: .p256)
        default: return nil
        }
        guard entry.algorithm ?? algorithm == algorithm else { return nil }
        guard let keys = try? await JWTKeyCollection().add(jwk: key) else { return nil }
        self.keys = keys
    }

    /// The claims of a token that this key signed. Nil if it did not sign the token, or if the claims are malformed.
    func claims(of token: String) async -> TokenClaims? {
        try? await keys.verify(token, as: TokenClaims.self)
    }

    /// The claims of a token that one of these keys signed, or nil if none did.
    static func claims(of token: String, among keys: [VerificationKey]) async -> TokenClaims? {
        for key in keys {
            if let claims = await key.claims(of: token) { return claims }
        }
        return nil
    }

    func sign(_ claims: TokenClaims) async throws -> String {
        try await keys.sign(claims)
    }
}

/// One key of a JSON Web Key Set (RFC 7517), with the members that are used here. Others are ignored.
struct KeySetEntry: JSONDecodable {
    var kind: String
    var id: String?
    var use: String?
    var algorithm: String?
    var modulus: String?
    var exponent: String?
    var curve: String?
    var x: String?
    var y: String?

    init(json: JSONValue) throws(WireCodec.Malformed) {
        kind = try json.read("kty")
        id = try json.readIfPresent("kid")
        use = try json.readIfPresent("use")
        algorithm = try json.readIfPresent("alg")
        modulus = try json.readIfPresent("n")
        exponent = try json.readIfPresent("e")
        curve = try json.readIfPresent("crv")
        x = try json.readIfPresent("x")
        y = try json.readIfPresent("y")
    }

    /// Nil if the JSON is no key set. A key that cannot be parsed is skipped, and the others count.
    static func entries(of json: [UInt8]) -> [KeySetEntry]? {
        (try? WireCodec.decode(KeySet.self, from: json))?.entries
    }
}

private struct KeySet: JSONDecodable {
    var entries: [KeySetEntry]

    init(json: JSONValue) throws(WireCodec.Malformed) {
        entries = try json.read("keys", as: [LenientEntry].self).compactMap(\.entry)
    }

    private struct LenientEntry: JSONDecodable {
        var entry: KeySetEntry?
        init(json: JSONValue) { entry = try? KeySetEntry(json: json) }
    }
}
