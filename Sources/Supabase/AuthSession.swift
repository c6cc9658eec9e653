import ChatWire
import Formats

/// What the service gives to who has logged in (`AccessTokenResponse` of supabase/auth).
public struct AuthSession: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// A JSON Web Token for the header `Authorization`.
    public var accessToken: String
    /// Works once.
    public var refreshToken: String
    /// How long the access token is valid from when the answer was made.
    public var lifetime: Duration
    /// The end of the access token in seconds since 1970, by the service's clock; nil if the service does not say it.
    public var expires: Int?
    public var user: AccountUser

    public init(
        accessToken: String, refreshToken: String, lifetime: Duration, expires: Int? = nil, user: AccountUser
    ) {
        (self.accessToken, self.refreshToken, self.lifetime) = (accessToken, refreshToken, lifetime)
        (self.expires, self.user) = (expires, user)
    }

    /// Whether the user has a second factor that this session was not checked with yet.
    public var needsSecondFactor: Bool {
        !user.factors.isEmpty && JSONWebToken(accessToken)?.assurance != "aal2"
    }

    /// Without the tokens, for a log.
    public var description: String { "a session of \(user.id.displayed)" }
    public var customMirror: Mirror { Mirror(self, children: ["session": description]) }
}

/// Who is logged in.
public struct AccountUser: Sendable, Hashable {
    public var id: UserID
    public var email: UntrustedText?
    /// The name that the account has, if it can be a display name.
    public var name: UntrustedText?
    /// The second factors that were set up completely and that a terminal can ask for (TOTP).
    public var factors: [Factor]

    public struct Factor: Sendable, Hashable {
        public var id: OpaqueText
        /// What the user called it.
        public var name: UntrustedText?

        public init(id: OpaqueText, name: UntrustedText? = nil) { (self.id, self.name) = (id, name) }

        var path: String { "/auth/v1/factors/\(PercentEncoding.encode(id.wire))" }
    }

    public init(id: UserID, email: UntrustedText? = nil, name: UntrustedText? = nil, factors: [Factor] = []) {
        (self.id, self.email, self.name, self.factors) = (id, email, name, factors)
    }
}

/// An id that this program only gives back.
public struct OpaqueText: Sendable, Hashable, JSONDecodable {
    public let wire: String

    public init?(_ wire: String) {
        guard (1...128).contains(wire.utf8.count), wire.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        self.wire = wire
    }

    public init(json: JSONValue) throws(WireCodec.Malformed) {
        guard let id = Self(try String(json: json)) else { throw .invalid("not an id") }
        self = id
    }
}

/// The answer to the question for a second factor.
public struct FactorChallenge: Sendable, Hashable, JSONDecodable {
    public var id: OpaqueText

    public init(id: OpaqueText) { self.id = id }
    public init(json: JSONValue) throws(WireCodec.Malformed) { id = try json.read("id") }
}

/// Which ways to log in a project has. What it does not say counts as possible.
public struct ProjectSettings: Sendable, Hashable, JSONDecodable {
    /// Whether people log in with an address and a code or password.
    public var hasEmail: Bool
    /// Whether nobody new can sign up.
    public var isClosed: Bool
    /// The providers for the browser that are switched on, of those in ``knownProviders``.
    public var providers: [String]

    public init(hasEmail: Bool = true, isClosed: Bool = false, providers: [String] = []) {
        (self.hasEmail, self.isClosed, self.providers) = (hasEmail, isClosed, providers)
    }

    public init(json: JSONValue) throws(WireCodec.Malformed) {
        isClosed = try json.readIfPresent("disable_signup") ?? false
        guard let external = try json.readIfPresent("external", as: External.self) else {
            throw .invalid("no settings")
        }
        (hasEmail, providers) = (external.hasEmail, external.providers)
    }

    private struct External: JSONDecodable {
        var hasEmail: Bool
        var providers: [String]

        init(json: JSONValue) throws(WireCodec.Malformed) {
            hasEmail = try json.readIfPresent("email") ?? true
            providers = []
            for (name, text) in ProjectSettings.knownProviders {
                if try json.readIfPresent(name, as: Bool.self) == true { providers.append(text) }
            }
        }
    }

    /// The providers of internal/api/settings.go of supabase/auth that log people in.
    private static let knownProviders: [(JSONName, String)] = [
        ("google", "google"), ("github", "github"), ("gitlab", "gitlab"), ("apple", "apple"), ("azure", "azure"),
        ("facebook", "facebook"), ("discord", "discord"), ("twitter", "twitter"), ("x", "x"),
        ("slack_oidc", "slack_oidc"),
        ("linkedin_oidc", "linkedin_oidc"), ("notion", "notion"), ("spotify", "spotify"), ("twitch", "twitch"),
        ("bitbucket", "bitbucket"), ("figma", "figma"), ("kakao", "kakao"), ("keycloak", "keycloak"),
        ("workos", "workos"), ("zoom", "zoom"), ("fly", "fly"),
    ]
}

// MARK: - JSON

extension AuthSession: JSONDecodable {
    /// The longest tokens that are taken. A header has to hold the access token.
    private static let (maxAccessBytes, maxRefreshBytes) = (12 << 10, 1024)
    /// A week is the most that a project can set.
    private static let lifetimes = 1...(30 * 86_400)

    public init(json: JSONValue) throws(WireCodec.Malformed) {
        accessToken = try json.read("access_token")
        refreshToken = try json.read("refresh_token")
        guard Secret.isSendable(accessToken), accessToken.utf8.count <= Self.maxAccessBytes,
            Secret.isSendable(refreshToken), refreshToken.utf8.count <= Self.maxRefreshBytes
        else { throw .invalid("a token that cannot be sent") }
        expires = try json.readIfPresent("expires_at", in: 0...1 << 40)
        guard let seconds = try json.readIfPresent("expires_in", in: Self.lifetimes) else {
            throw .invalid("no lifetime")
        }
        lifetime = .seconds(seconds)
        user = try json.read("user")
    }
}

extension AccountUser: JSONDecodable {
    private static let maxFactors = 10

    public init(json: JSONValue) throws(WireCodec.Malformed) {
        guard let id = UserID(try json.read("id", as: String.self)) else { throw .invalid("not a user's id") }
        self.id = id
        email = Self.shown(try? json.readIfPresent("email", as: String.self))
        let metadata = try? json.readIfPresent("user_metadata", as: Metadata.self)
        name = Self.shown(metadata?.fullName) ?? Self.shown(metadata?.name)
        // A user's own metadata may be anything, so nothing in it is an error.
        factors = (try? json.readIfPresent("factors", as: [FactorRow].self))?.compactMap(\.factor) ?? []
        factors = Array(factors.prefix(Self.maxFactors))
    }

    /// Nil for a text that cannot be a name.
    private static func shown(_ text: String?) -> UntrustedText? {
        text.map { UntrustedText($0) }.flatMap { $0.isName ? $0 : nil }
    }

    private struct Metadata: JSONDecodable {
        var fullName: String?
        var name: String?

        init(json: JSONValue) {
            fullName = try? json.readIfPresent("full_name", as: String.self)
            name = try? json.readIfPresent("name", as: String.self)
        }
    }

    private struct FactorRow: JSONDecodable {
        var factor: Factor?

        init(json: JSONValue) {
            guard (try? json.read("status", as: String.self)) == "verified",
                (try? json.read("factor_type", as: String.self)) == "totp",
                let id = try? json.read("id", as: OpaqueText.self)
            else { return }
            let name = try? json.readIfPresent("friendly_name", as: UntrustedText.self)
            factor = Factor(id: id, name: name.flatMap { $0.isName ? $0 : nil })
        }
    }
}
