import ChatServer
import ChatWire

/// What a token must claim to be accepted. The signature is checked before.
public struct TokenRules: Sendable, Hashable {
    /// The audience (`aud`) that the token must name.
    public var audience: String
    /// The issuer (`iss`) that the token must name; nil if any issuer will do that has the key.
    public var issuer: String?
    /// The roles that count, for tokens that name a role. `service_role` and `anon` stand for no user.
    public var roles: Set<String>
    /// The allowed clock skew.
    public var skew: Duration

    public init(
        audience: String = "authenticated", issuer: String? = nil, roles: Set<String> = ["authenticated"],
        skew: Duration = .seconds(30)
    ) {
        self.audience = audience
        self.issuer = issuer
        self.roles = roles
        self.skew = skew
    }

    func identity(of claims: TokenClaims, now: Timestamp) throws(AuthenticationError) -> Identity {
        guard let expiresAt = Self.time(claims.expiration) else { throw .rejected("no exp, or none that is a time") }
        guard now < expiresAt.advanced(by: skew) else { throw .rejected("it expired") }
        if let notBefore = claims.notBefore {
            guard let time = Self.time(notBefore) else { throw .rejected("nbf is no time") }
            guard now.advanced(by: skew) >= time else { throw .rejected("it does not count yet (nbf)") }
        }
        guard claims.audience?.names.contains(audience) == true else { throw .rejected("it has another audience") }
        if let issuer, claims.issuer != issuer { throw .rejected("it has another issuer") }
        if let role = claims.role, !roles.contains(role) { throw .rejected("its role may not chat") }
        guard let subject = claims.subject, let user = UserID(subject) else {
            throw .rejected("no sub, or none that is a user id")
        }
        let names = [claims.metadata?.fullName, claims.metadata?.name, claims.name].compactMap { $0?.text }
        return Identity(user: user, expiresAt: expiresAt, name: names.first(where: \.isName))
    }

    /// - Parameter seconds: Since 1970. A time beyond the year 9999 is refused, because adding the skew to it could
    ///   overflow.
    private static func time(_ seconds: Double?) -> Timestamp? {
        guard let seconds, (0..<253_402_300_800).contains(seconds) else { return nil }
        return Timestamp(microseconds: Int64(seconds * 1_000_000))
    }
}
