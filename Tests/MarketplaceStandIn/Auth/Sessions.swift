import Crypto
import Foundation

/// A login on one device.
struct Session: Sendable {
    let id = UUID().uuidString.lowercased()
    let user: String
    let createdAt: Double
    var refreshedAt: Double?
    /// How the user proved who they are, the latest first.
    var methods: [(method: String, at: Double)]
    /// The key and the counter of counted refresh tokens.
    let refreshKey = SymmetricKey(size: .bits256)
    var counter = 0
    /// Set by a test that ends the session at a time.
    var endsAt: Double?

    var level: String { methods.contains { $0.method == "totp" } ? "aal2" : "aal1" }
}

struct RandomRefreshToken: Sendable {
    let text: String
    let session: String
    let parent: String?
    let number: Int
    var isRevoked = false
    var updatedAt: Double
}

extension Service {
    // MARK: - Begin

    mutating func begin(_ account: Int, method: String) throws -> Response {
        accounts[account].lastSignInAt = now
        let session = Session(user: accounts[account].id, createdAt: now, methods: [(method, now)])
        sessions[session.id] = session
        counts.sessionsBegun += 1
        let token: String
        switch settings.refreshTokens {
        case .random: token = addRandomToken(to: session.id, parent: nil)
        case .counted: token = CountedRefreshToken(session: session.id, counter: 0).text(signedWith: session.refreshKey)
        }
        return try tokens(of: session, refreshToken: token)
    }

    func tokens(of session: Session, refreshToken: String) throws -> Response {
        let account = try account(of: session)
        let expiry = Int(now) + settings.accessTokenLifetime
        return .json([
            "access_token": .string(try accessToken(of: session, expiry: expiry)), "token_type": "bearer",
            "expires_in": .integer(settings.accessTokenLifetime), "expires_at": .integer(expiry),
            "refresh_token": .string(refreshToken), "user": userJSON(account),
        ])
    }

    func accessToken(of session: Session, expiry: Int) throws -> String {
        let account = try account(of: session)
        let claims: JSON = [
            "iss": .string(url + "/auth/v1"), "sub": .string(account.id), "aud": "authenticated",
            "exp": .integer(expiry), "iat": .integer(Int(now)), "email": .string(account.email), "phone": "",
            "app_metadata": ["provider": "email", "providers": ["email"]], "user_metadata": account.metadata,
            "role": "authenticated", "aal": .string(session.level),
            "amr": .array(
                session.methods.map { ["method": .string($0.method), "timestamp": .integer(Int($0.at))] }),
            "session_id": .string(session.id), "is_anonymous": false,
        ]
        return try keys.sign(claims, settings.signing)
    }

    mutating func addRandomToken(to session: String, parent: String?) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let text = String((0..<12).map { _ in letters.randomElement()! })
        refreshTokens[text] = RandomRefreshToken(
            text: text, session: session, parent: parent, number: refreshTokens.count, updatedAt: now)
        return text
    }

    mutating func end(_ session: String) {
        guard sessions.removeValue(forKey: session) != nil else { return }
        counts.sessionsEnded += 1
        refreshTokens = refreshTokens.filter { $0.value.session != session }
    }

    mutating func endSessions(of account: Int) {
        let user = accounts[account].id
        for session in sessions.values where session.user == user { end(session.id) }
    }

    // MARK: - Password

    mutating func grantByPassword(_ request: Request) throws -> Response {
        let body = try body(request)
        try checkCaptcha(body)
        guard let email = body["email"]?.string, !email.isEmpty else {
            throw ServiceError.invalid("missing email or phone")
        }
        guard settings.isEmailOn else { throw ServiceError.emailOff }
        guard let index = accountIndex(email: email), let password = accounts[index].password else {
            throw ServiceError.invalidCredentials
        }
        if accounts[index].isBanned { throw ServiceError.userBanned }
        guard body["password"]?.string == password else { throw ServiceError.invalidCredentials }
        guard accounts[index].isConfirmed else { throw ServiceError.emailNotConfirmed }
        return try begin(index, method: "password")
    }

    // MARK: - Bearer tokens

    /// The session of the request's token.
    func authenticate(_ request: Request) throws -> Session {
        guard let token = request.bearer else { throw ServiceError.noBearer }
        let claims: JSON
        switch keys.verify(token) {
        case .valid(let valid): claims = valid
        case .parts:
            throw ServiceError.badToken("token is malformed: token contains an invalid number of segments")
        case .malformed: throw ServiceError.badToken("token is malformed: could not base64 decode header")
        case .unknownKey(let id, let algorithm):
            throw ServiceError.badToken(
                "token is unverifiable: error while executing keyfunc: unrecognized JWT kid \(id) for algorithm \(algorithm)"
            )
        case .wrongSignature: throw ServiceError.badToken("token signature is invalid: signature is invalid")
        }
        if let expiry = claims["exp"]?.integer, Double(expiry) <= now {
            throw ServiceError.badToken("token has invalid claims: token is expired")
        }
        guard let user = claims["sub"]?.string, !user.isEmpty else {
            throw ServiceError(403, "bad_jwt", "invalid claim: missing sub claim")
        }
        guard let account = accounts.first(where: { $0.id == user }) else { throw ServiceError.userGone }
        guard let id = claims["session_id"]?.string, let session = sessions[id] else { throw ServiceError.sessionGone }
        if account.isBanned { throw ServiceError(403, "user_banned", "User is banned") }
        return session
    }

    // MARK: - Logout

    mutating func logOut(_ request: Request) throws -> Response {
        let session = try authenticate(request)
        let ended: [String]
        switch request.parameter("scope") {
        case nil, "", "global": ended = sessions.values.filter { $0.user == session.user }.map(\.id)
        case "local": ended = [session.id]
        case "others":
            ended = sessions.values.filter { $0.user == session.user && $0.id != session.id }.map(\.id)
        case let scope?: throw ServiceError.invalid("Unsupported logout scope \"\(scope)\"")
        }
        for id in ended { end(id) }
        return Response(status: 204)
    }
}
