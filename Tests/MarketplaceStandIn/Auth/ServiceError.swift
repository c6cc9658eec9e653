/// A refusal of the auth service, as `internal/api/apierrors` of supabase/auth has it.
public struct ServiceError: Error, Sendable {
    public var status: Int
    public var code: String
    public var message: String
    /// `Retry-After` in seconds. The service sends none itself; what stands before it may.
    public var retryAfter: Int?

    public init(_ status: Int, _ code: String, _ message: String, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// In the form for the request's `X-Supabase-Api-Version`.
    func response(to request: Request, format: Settings.ErrorFormat) -> Response {
        let isNew = (request.header("X-Supabase-Api-Version") ?? "") >= "2024-01-01"
        var headers = [(name: String, value: String)]()
        if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
        switch format {
        case .current where isNew:
            headers += [("X-Supabase-Api-Version", "2024-01-01"), ("x-sb-error-code", code)]
            return .json(["code": .string(code), "message": .string(message)], status: status, headers: headers)
        case .current:
            headers.append(("x-sb-error-code", code))
            return .json(
                ["code": .integer(status), "error_code": .string(code), "msg": .string(message)], status: status,
                headers: headers)
        case .beforeCodes where request.path == "/auth/v1/token" && status == 400:
            return .json(
                ["error": "invalid_grant", "error_description": .string(message)], status: status, headers: headers)
        case .beforeCodes:
            return .json(["code": .integer(status), "msg": .string(message)], status: status, headers: headers)
        }
    }
}

extension ServiceError {
    public static let invalidCredentials = ServiceError(400, "invalid_credentials", "Invalid login credentials")
    public static let emailNotConfirmed = ServiceError(400, "email_not_confirmed", "Email not confirmed")
    public static let userBanned = ServiceError(400, "user_banned", "User is banned")
    public static let codeExpired = ServiceError(403, "otp_expired", "Token has expired or is invalid")
    public static let linkExpired = ServiceError(403, "otp_expired", "Email link is invalid or has expired")
    public static let requestLimit = ServiceError(429, "over_request_rate_limit", "Request rate limit reached")
    public static let mailLimit = ServiceError(429, "over_email_send_rate_limit", "email rate limit exceeded")
    public static let signUpsClosed = ServiceError(422, "signup_disabled", "Signups not allowed for this instance")
    public static let codesForUsersOnly = ServiceError(422, "otp_disabled", "Signups not allowed for otp")
    public static let emailOff = ServiceError(422, "email_provider_disabled", "Email logins are disabled")
    public static let magicLinkOff = ServiceError(
        422, "email_provider_disabled", "Login with magic link is disabled")
    public static let captchaMissing = ServiceError(
        400, "captcha_failed", "captcha protection: request disallowed (no captcha_token found)")
    public static let captchaWrong = ServiceError(
        400, "captcha_failed", "captcha protection: request disallowed (invalid-input-response)")
    public static let refreshTokenMalformed = ServiceError(
        400, "validation_failed", "Refresh token is not valid")
    public static let refreshTokenNotFound = ServiceError(
        400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    public static let refreshTokenAlreadyUsed = ServiceError(
        400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    public static let refreshUserBanned = ServiceError(
        400, "user_banned", "Invalid Refresh Token: User Banned")
    public static let noSession = ServiceError(
        400, "session_not_found", "Invalid Refresh Token: No Valid Session Found")
    public static let sessionExpired = ServiceError(
        400, "session_expired", "Invalid Refresh Token: Session Expired")
    public static let sessionInactive = ServiceError(
        400, "session_expired", "Invalid Refresh Token: Session Expired (Inactivity)")
    public static let sessionReplaced = ServiceError(
        400, "session_expired", "Invalid Refresh Token: Session Expired (Revoked by Newer Login)")
    public static let sessionGone = ServiceError(
        403, "session_not_found", "Session from session_id claim in JWT does not exist")
    public static let userGone = ServiceError(
        403, "user_not_found", "User from sub claim in JWT does not exist")
    public static let noBearer = ServiceError(
        401, "no_authorization", "This endpoint requires a valid Bearer token")
    public static let flowNotFound = ServiceError(
        404, "flow_state_not_found", "invalid flow state, no valid flow state found")
    public static let flowExpired = ServiceError(
        422, "flow_state_expired", "invalid flow state, flow state has expired")
    public static let wrongVerifier = ServiceError(
        400, "bad_code_verifier", "code challenge does not match previously saved code verifier")
    public static let factorNotFound = ServiceError(404, "mfa_factor_not_found", "Factor not found")
    public static let challengeNotFound = ServiceError(
        422, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found")
    public static let wrongSecondFactor = ServiceError(
        422, "mfa_verification_failed", "Invalid TOTP code entered")
    public static let secondFactorOff = ServiceError(
        422, "mfa_totp_verify_not_enabled", "MFA verification is disabled for TOTP")
    public static let tooManyRefreshes = ServiceError(
        409, "conflict", "Too many concurrent token refresh requests on the same session or refresh token")
    public static let timedOut = ServiceError(
        504, "request_timeout", "Processing this request timed out, please retry after a moment.")
    public static let unexpected = ServiceError(
        500, "unexpected_failure", "Unexpected failure, please check server logs for more information")

    static func badToken(_ reason: String) -> ServiceError {
        ServiceError(403, "bad_jwt", "invalid JWT: unable to parse or verify signature, " + reason)
    }

    static func invalid(_ message: String, status: Int = 400) -> ServiceError {
        ServiceError(status, "validation_failed", message)
    }
}
