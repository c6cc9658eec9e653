import ChatServer
import ChatWire

/// Makes HS256 tokens for trying a server out.
public struct TokenMaker: Sendable {
    private let rules: TokenRules
    private let key: VerificationKey

    public init(rules: TokenRules, secret: [UInt8]) async {
        self.rules = rules
        key = await VerificationKey(secret: secret)
    }

    public func token(for user: UserID, now: Timestamp, lifetime: Duration) async throws -> String {
        let start = now.seconds
        var claims = TokenClaims()
        claims.subject = user.wire
        claims.issuedAt = Double(start)
        claims.expiration = Double(start + lifetime.components.seconds)
        claims.audience = .init([rules.audience])
        claims.issuer = rules.issuer
        claims.role = rules.roles.sorted().first
        return try await key.sign(claims)
    }
}
