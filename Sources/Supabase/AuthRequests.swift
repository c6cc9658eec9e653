import ChatWire

// The requests of the service `auth` (supabase/auth, openapi.yaml). The field `gotrue_meta_security`, which holds a
// CAPTCHA's answer, is not sent: a terminal cannot show a CAPTCHA.
extension ServiceRequest {
    /// Mails a code of six to ten digits to the address, or a link, as the project's template says.
    /// - Parameter createsUser: Whether an unknown address becomes a new account. Otherwise the service answers
    ///   `AuthFailure.unknownAccount`.
    public static func mailCode(to email: String, createsUser: Bool) -> Self where Answer == Void {
        Self(.post, "/auth/v1/otp", body: ["email": email, "create_user": createsUser]) { _ in }
    }

    /// Logs in with the mailed code.
    public static func verify(code: String, email: String) -> Self where Answer == AuthSession {
        Self(.post, "/auth/v1/verify", body: ["type": "email", "email": email, "token": code], read: session)
    }

    public static func logIn(email: String, password: String) -> Self where Answer == AuthSession {
        Self(
            .post, "/auth/v1/token", query: [("grant_type", "password")],
            body: ["email": email, "password": password], read: session)
    }

    /// Exchanges the code that the browser brought (RFC 7636, section 4.5).
    public static func exchange(code: String, verifier: PKCEVerifier) -> Self where Answer == AuthSession {
        Self(
            .post, "/auth/v1/token", query: [("grant_type", "pkce")],
            body: ["auth_code": code, "code_verifier": verifier.text], read: session)
    }

    /// Exchanges a refresh token for a new session. The token works once.
    ///
    /// If the answer is lost, the same token works again: the service gives the same successor as long as that was not
    /// used itself (supabase/auth, internal/tokens/service.go).
    public static func refresh(_ refreshToken: String) -> Self where Answer == AuthSession {
        Self(
            .post, "/auth/v1/token", query: [("grant_type", "refresh_token")], body: ["refresh_token": refreshToken],
            read: session)
    }

    /// Ends the session of the access token, and no other session of the user.
    public static func logOut(accessToken: String) -> Self where Answer == Void {
        Self(.post, "/auth/v1/logout", query: [("scope", "local")], accessToken: accessToken) { _ in }
    }

    /// Asks who the user of the access token is.
    public static func user(accessToken: String) -> Self where Answer == AccountUser {
        Self(.get, "/auth/v1/user", accessToken: accessToken) { response throws(AuthFailure) in
            try response.decoded()
        }
    }

    /// Asks which ways to log in the project has. The address and the key are right if this succeeds.
    public static func settings() -> Self where Answer == ProjectSettings {
        Self(.get, "/auth/v1/settings") { response throws(AuthFailure) in try response.decoded() }
    }

    /// Begins to check a second factor.
    public static func challenge(_ factor: AccountUser.Factor, accessToken: String) -> Self
    where Answer == FactorChallenge {
        Self(.post, factor.path + "/challenge", body: [:], accessToken: accessToken) {
            response throws(AuthFailure) in try response.decoded()
        }
    }

    /// Checks the code of a second factor. The session that comes back replaces the one before.
    public static func verify(
        code: String, of factor: AccountUser.Factor, challenge: FactorChallenge, accessToken: String
    ) -> Self where Answer == AuthSession {
        Self(
            .post, factor.path + "/verify", body: ["challenge_id": challenge.id.wire, "code": code],
            accessToken: accessToken, read: session)
    }

    private static var session: @Sendable (ServiceResponse) throws(AuthFailure) -> AuthSession {
        { response throws(AuthFailure) in try response.decoded() }
    }
}

/// The page where the user logs in with a browser.
public enum AuthorizationPage {
    /// - Parameters:
    ///   - provider: Who checks the user, such as `google` or `github`.
    ///   - callback: Where the browser brings the code. It must be on the project's list of redirect addresses;
    ///     otherwise the service leads to the project's own site. The service has no field for the program's `state`, so
    ///     that belongs in this URL's query.
    public static func url(
        of project: ProjectAddress, provider: String, callback: String, verifier: PKCEVerifier
    ) -> String {
        project.url + "/auth/v1/authorize"
            + ServiceTarget.query([
                ("provider", provider), ("redirect_to", callback), ("code_challenge", verifier.challenge),
                ("code_challenge_method", "s256"),
            ])
    }

    /// What the browser brought to the callback.
    public enum Callback: Sendable, Hashable {
        case code(String)
        case failed(AuthFailure)

        /// - Parameter query: Gives the value of a parameter of the callback's query.
        /// - Returns: nil if the query has neither a code nor an error.
        public init?(_ query: (String) -> String?) {
            if let code = query("code"), !code.isEmpty, code.utf8.count <= 512 {
                self = .code(code)
            } else if let error = query("error_code") ?? query("error") {
                self = .failed(
                    AuthFailure(code: error, message: query("error_description") ?? "", status: 400, headers: [:]))
            } else {
                return nil
            }
        }
    }
}
