import Crypto
import Foundation

/// The project: its gateway, its auth service and its PostgREST. A value; whoever holds it handles one request at a time, as the
/// service's transactions do for one session.
struct Service: Sendable {
    var settings: Settings
    /// Where the project is, such as `http://127.0.0.1:8000`.
    var url = ""
    var keys = SigningKeys()
    var apiKeys: APIKeys
    var accounts: [Account] = []
    var sessions: [String: Session] = [:]
    var refreshTokens: [String: RandomRefreshToken] = [:]
    var flows: [String: Flow] = [:]
    var challenges: [String: Challenge] = [:]
    var mails: [Mail] = []
    var products: [Product] = []
    var counts = Counts()
    /// The key set that the edge has, and since when.
    var cachedKeySet: (text: JSON, since: Double)?

    init(settings: Settings) {
        self.settings = settings
        apiKeys = APIKeys(keys: keys)
    }

    /// Seconds since 1970 by the service's clock.
    var now: Double { Date.now.timeIntervalSince1970 + settings.clockOffset }

    /// What the request asks for.
    static func route(of request: Request) -> Route {
        switch request.path {
        case "/auth/v1/otp", "/auth/v1/magiclink": .otp
        case "/auth/v1/verify": .verify
        case "/auth/v1/token":
            switch request.parameter("grant_type") {
            case "password": .password
            case "refresh_token": .refresh
            case "pkce": .pkce
            default: .other
            }
        case "/auth/v1/authorize", "/auth/v1/callback": .authorize
        case "/auth/v1/logout": .logout
        case "/auth/v1/user": .user
        case "/auth/v1/.well-known/jwks.json": .keySet
        case "/auth/v1/settings": .settings
        case let path where path.hasPrefix("/auth/v1/factors"): .factors
        case let path where path.hasPrefix("/rest/v1/"): .rest
        default: .other
        }
    }

    mutating func respond(to request: Request, route: Route) -> Response {
        if request.path.hasPrefix("/provider/") { return providerPage(request) }
        if settings.isPaused {
            // The platform's documentation gives the status alone.
            return Response(status: 540, headers: [("Content-Type", "text/plain")], body: Array("Project paused".utf8))
        }
        do {
            if let refused = refusedByGateway(request) { return refused }
            if route == .rest { return answerREST(request) }
            return try answerAuth(request, route)
        } catch let error as ServiceError {
            return error.response(to: request, format: settings.errorFormat)
        } catch {
            return ServiceError.unexpected.response(to: request, format: settings.errorFormat)
        }
    }

    private mutating func answerAuth(_ request: Request, _ route: Route) throws -> Response {
        switch (request.method, request.path) {
        case ("GET", "/auth/v1/health"):
            let description = "GoTrue is a user registration and authentication API"
            return .json(["version": "v2.190.0", "name": "GoTrue", "description": .string(description)])
        case ("GET", "/auth/v1/.well-known/jwks.json"): return keySet()
        case ("GET", "/auth/v1/settings"): return describeSettings()
        case ("POST", "/auth/v1/otp"), ("POST", "/auth/v1/magiclink"): return try mailCode(request)
        case ("POST", "/auth/v1/verify"): return try verifyCode(request)
        case ("GET", "/auth/v1/verify"): return try openMailedLink(request)
        case ("POST", "/auth/v1/token"):
            switch route {
            case .password: return try grantByPassword(request)
            case .refresh: return try grantByRefreshToken(request)
            case .pkce: return try grantByFlow(request)
            default: throw ServiceError(400, "invalid_credentials", "unsupported_grant_type")
            }
        case ("GET", "/auth/v1/authorize"): return try beginFlow(request)
        case ("GET", "/auth/v1/callback"): return try returnFromProvider(request)
        case ("GET", "/auth/v1/user"):
            let session = try authenticate(request)
            return .json(userJSON(try account(of: session)))
        case ("POST", "/auth/v1/logout"): return try logOut(request)
        default:
            if let factor = request.path.wholeMatch(of: /\/auth\/v1\/factors\/([^\/]+)\/(challenge|verify)/),
                request.method == "POST"
            {
                let session = try authenticate(request)
                return factor.2 == "challenge"
                    ? try challenge(String(factor.1), session)
                    : try verifyFactor(String(factor.1), session, request)
            }
            return Response(
                status: 404, headers: [("Content-Type", "text/plain; charset=utf-8")],
                body: Array("404 page not found\n".utf8))
        }
    }

    // MARK: - The key set and the settings

    mutating func keySet() -> Response {
        if cachedKeySet.map({ now - $0.since >= Double(settings.keySetCacheSeconds) }) ?? true {
            let entries = settings.signing == .es256 ? keys.all.map(\.entry) : []
            cachedKeySet = (["keys": .array(entries)], now)
        }
        return .json(cachedKeySet!.text, headers: [("Cache-Control", "public, max-age=600")])
    }

    private func describeSettings() -> Response {
        let providers = [
            "anonymous_users", "apple", "azure", "bitbucket", "discord", "facebook", "snapchat", "figma", "fly",
            "github", "gitlab", "google", "keycloak", "kakao", "linkedin", "linkedin_oidc", "notion", "spotify",
            "slack", "slack_oidc", "workos", "twitch", "twitter",
        ]
        var members = providers.map { JSON.Member($0, .bool(settings.providers.contains($0))) }
        members += [.init("email", .bool(settings.isEmailOn)), .init("phone", false), .init("zoom", false)]
        return .json([
            "external": .object(members), "disable_signup": .bool(settings.areSignUpsClosed),
            "mailer_autoconfirm": false, "phone_autoconfirm": false, "sms_provider": "twilio", "saml_enabled": false,
            "saml_private_key_next_configured": false, "passkeys_enabled": false,
        ])
    }

    // MARK: - Accounts

    func accountIndex(email: String) -> Int? {
        accounts.firstIndex { $0.email.lowercased() == email.lowercased() }
    }

    func account(of session: Session) throws -> Account {
        guard let account = accounts.first(where: { $0.id == session.user }) else { throw ServiceError.userGone }
        return account
    }

    func userJSON(_ account: Account) -> JSON {
        func time(_ seconds: Double) -> JSON { .string(Timestamp.text(seconds)) }
        var user: [JSON.Member] = [
            .init("id", .string(account.id)), .init("aud", "authenticated"), .init("role", "authenticated"),
            .init("email", .string(account.email)),
        ]
        if account.isConfirmed { user.append(.init("email_confirmed_at", time(account.createdAt))) }
        user.append(.init("phone", ""))
        if account.isConfirmed { user.append(.init("confirmed_at", time(account.createdAt))) }
        if let code = account.code {
            user.append(
                .init(code.kind == .confirmation ? "confirmation_sent_at" : "recovery_sent_at", time(code.sentAt)))
        }
        if let lastSignInAt = account.lastSignInAt { user.append(.init("last_sign_in_at", time(lastSignInAt))) }
        user.append(.init("app_metadata", ["provider": "email", "providers": ["email"]]))
        user.append(.init("user_metadata", account.metadata))
        if account.authenticatorSecret != nil {
            user.append(
                .init(
                    "factors",
                    [
                        [
                            "id": .string(account.factorID), "created_at": time(account.createdAt),
                            "updated_at": time(account.createdAt), "status": "verified",
                            "friendly_name": "Authenticator", "factor_type": "totp", "phone": "",
                            "last_challenged_at": nil,
                        ]
                    ]))
        }
        user.append(
            .init(
                "identities",
                [
                    [
                        "identity_id": .string(account.id), "id": .string(account.id), "user_id": .string(account.id),
                        "identity_data": [
                            "email": .string(account.email), "email_verified": .bool(account.isConfirmed),
                            "phone_verified": false, "sub": .string(account.id),
                        ], "provider": "email", "last_sign_in_at": time(account.lastSignInAt ?? account.createdAt),
                        "created_at": time(account.createdAt), "updated_at": time(account.createdAt),
                        "email": .string(account.email),
                    ]
                ]))
        user += [
            .init("created_at", time(account.createdAt)), .init("updated_at", time(account.createdAt)),
            .init("is_anonymous", false),
        ]
        return .object(user)
    }

    /// The body as a JSON object; the service's sentence if it is none.
    func body(_ request: Request) throws -> JSON {
        guard let body = JSON(parsing: request.body), case .object = body else {
            throw ServiceError(
                400, "bad_json", "Could not parse request body as JSON: unexpected end of JSON input")
        }
        return body
    }

    func checkCaptcha(_ body: JSON) throws {
        guard let right = settings.captchaToken else { return }
        let given = body["gotrue_meta_security"]?["captcha_token"]?.string ?? ""
        if given.isEmpty { throw ServiceError.captchaMissing }
        if given != right { throw ServiceError.captchaWrong }
    }

    func checkEmail(_ text: String) throws -> String {
        if text.isEmpty { throw ServiceError.invalid("An email address is required") }
        if text.utf8.count > 255 { throw ServiceError.invalid("An email address is too long") }
        guard text.wholeMatch(of: /[^@\s]+@[^@\s.]+(\.[^@\s.]+)*/) != nil else {
            throw ServiceError.invalid("Unable to validate email address: invalid format")
        }
        return text.lowercased()
    }
}

/// What happened, for tests.
public struct Counts: Sendable {
    /// Requests that were handled.
    public var requests: [Route: Int] = [:]
    public var sessionsBegun = 0
    /// Sessions that ended, by a reused refresh token or otherwise.
    public var sessionsEnded = 0
    /// Refresh tokens that were exchanged for new ones.
    public var refreshes = 0
    /// Requests with a refresh token that was exchanged before, whether that was refused or not.
    public var reuses = 0
    /// Of these, those that were refused.
    public var refusedReuses = 0
}

enum Timestamp {
    /// In UTC, with microseconds.
    static func text(_ seconds: Double) -> String {
        let whole = Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
        let micros = String(Int((seconds - seconds.rounded(.down)) * 1_000_000))
        return whole.dropLast() + "." + String(repeating: "0", count: 6 - micros.count) + micros + "Z"
    }
}
