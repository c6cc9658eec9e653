/// How the project is set up, and what is the matter with it.
public struct Settings: Sendable {
    /// The two kinds of refresh tokens that the service has issued.
    public enum RefreshTokens: Sendable {
        /// Twelve letters and digits, each token a row of the database.
        case random
        /// Signed: the session, a counter and a MAC. New projects have these.
        case counted
    }

    public enum ErrorFormat: Sendable {
        case current
        /// As the service answered before it had error codes; projects that are hosted at home still do.
        case beforeCodes
    }

    public enum Signing: Sendable {
        case es256
        /// With the project's secret, as older projects have it. The key set is empty then.
        case hs256
    }

    /// Where browsers are sent that named a wrong place to return to.
    public var siteURL = "http://localhost:3000"
    /// Other places that browsers may return to; `*` stands for any text without a dot or slash. Loopback addresses always may.
    public var redirectAllowList: [String] = []
    /// The sign-in providers of the project beside e-mail.
    public var providers: Set<String> = ["github", "google"]

    public var isEmailOn = true
    public var isMagicLinkOn = true
    public var isSecondFactorOn = true
    public var areSignUpsClosed = false
    /// The token of a solved CAPTCHA. Where it is set, requests without it are refused.
    public var captchaToken: String?
    /// The project is paused: the platform answers 540 to everything.
    public var isPaused = false

    /// The least number of seconds between two mails to one address.
    public var mailPauseSeconds = 60
    /// How many mails the project may still send; `nil` for any number.
    public var mailsLeft: Int?
    public var codeLength = 6
    /// Seconds that a mailed code is valid.
    public var codeLifetime = 3600

    /// Seconds that an access token is valid.
    public var accessTokenLifetime = 3600
    public var refreshTokens = RefreshTokens.counted
    /// Seconds in which a refresh token may be used again.
    public var reuseInterval = 10
    /// Without it the reuse of a refresh token is refused, but the session stays.
    public var endsReusedSessions = true
    /// Refuses every second use of a refresh token, which the service itself allows in two cases. Tests that no client uses a
    /// token twice set this.
    public var refusesEveryReuse = false
    /// Seconds after which a session ends, however active it is.
    public var sessionLifetime: Int?
    /// Seconds without a refresh after which a session ends.
    public var inactivityTimeout: Int?
    public var oneSessionPerUser = false

    public var signing = Signing.es256
    public var errorFormat = ErrorFormat.current
    /// Seconds that the platform's edge may serve an old key set; the service asks for 600.
    public var keySetCacheSeconds = 0

    /// Seconds that the sign-in in a browser may take.
    public var flowLifetime = 300
    /// Seconds that a challenge of the second factor is valid.
    public var challengeLifetime = 300

    /// Seconds that the service's clock is ahead of this machine's.
    public var clockOffset = 0.0

    /// Whether the ids of `products` are of the type `uuid`, as the marketplace's are.
    public var areProductIDsUUIDs = true
    /// Whether `products` has the column `price`.
    public var hasPrices = true
    /// Whether a foreign key leads from `products.seller_id` to `users`.
    public var linksSellers = true
    /// The code that PostgREST has for an expired token: `PGRST303` since version 13, `PGRST301` before.
    public var expiredTokenCode = "PGRST303"

    public init() {}
}
