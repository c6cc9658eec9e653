import ChatWire
import JWTKit

/// The claims that count: those of RFC 7519, section 4.1, and the `role` of hosted databases. All others are ignored.
struct TokenClaims: JWTPayload {
    var subject: String?
    var expiration: Double?
    var notBefore: Double?
    var issuedAt: Double?
    var audience: Audience?
    var issuer: String?
    var role: String?
    var name: Name?
    /// What the hosted service knows about the user.
    var metadata: Metadata?

    enum CodingKeys: String, CodingKey {
        case subject = "sub"
        case expiration = "exp"
        case notBefore = "nbf"
        case issuedAt = "iat"
        case audience = "aud"
        case issuer = "iss"
        case role, name
        case metadata = "user_metadata"
    }

    /// A string, or any other value. A valid token may hold one there; it names nobody.
    struct Name: Codable, Sendable {
        var text: UntrustedText?

        init(from decoder: any Decoder) throws {
            text = (try? decoder.singleValueContainer().decode(String.self)).map { UntrustedText($0) }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(text?.wire)
        }
    }

    struct Metadata: Codable, Sendable {
        var fullName: Name?
        var name: Name?

        enum CodingKeys: String, CodingKey {
            case fullName = "full_name"
            case name
        }

        init(from decoder: any Decoder) throws {
            let container = try? decoder.container(keyedBy: CodingKeys.self)
            fullName = try container?.decodeIfPresent(Name.self, forKey: .fullName)
            name = try container?.decodeIfPresent(Name.self, forKey: .name)
        }
    }

    /// One name, or a list of them.
    struct Audience: Codable, Sendable {
        var names: [String]

        init(_ names: [String]) { self.names = names }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                names = [name]
            } else {
                names = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if names.count == 1 { try container.encode(names[0]) } else { try container.encode(names) }
        }
    }

    /// Does nothing: `TokenRules` checks the claims, with the server's clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}
