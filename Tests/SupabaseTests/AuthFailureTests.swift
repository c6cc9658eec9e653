import ChatWire
import ClientUpdates
import Testing

@testable import Supabase

@Suite struct AuthFailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var headers: [String: String] = [:]
        var failure: AuthFailure

        init(_ status: Int, _ body: String, _ headers: [String: String], _ failure: AuthFailure) {
            (self.status, self.body, self.headers, self.failure) = (status, body, headers, failure)
        }

        init(_ status: Int, _ body: String, _ failure: AuthFailure) { self.init(status, body, [:], failure) }

        var testDescription: String { "\(status) \(body.prefix(80))" }
    }

    /// An error as the service writes it since 2024.
    private static func now(_ status: Int, _ code: String, _ message: String, _ failure: AuthFailure) -> Case {
        Case(status, #"{"code":"\#(code)","message":"\#(message)"}"#, failure)
    }

    /// The answers of supabase/auth: status, code and message as its sources have them.
    static let ofTheService = [
        now(400, "invalid_credentials", "Invalid login credentials", .wrongPassword),
        now(400, "email_not_confirmed", "Email not confirmed", .unconfirmed),
        now(422, "otp_disabled", "Signups not allowed for otp", .unknownAccount),
        now(400, "validation_failed", "Unable to validate email address: invalid format", .badAddress),
        now(400, "validation_failed", "An email address is required", .badAddress),
        now(422, "validation_failed", "Invalid email format", .badAddress),
        now(400, "email_address_invalid", "Email address is invalid", .badAddress),
        now(
            400, "email_address_not_authorized", "Email address cannot be used as it is not authorized",
            .addressNotAuthorized),
        now(403, "otp_expired", "Token has expired or is invalid", .codeExpired),
        now(429, "over_request_rate_limit", "Request rate limit reached", .tooManyTries(wait: nil)),
        now(429, "over_email_send_rate_limit", "email rate limit exceeded", .tooManyMails(wait: nil)),
        now(
            429, "over_email_send_rate_limit",
            "For security purposes, you can only request this after 42 seconds.", .tooManyMails(wait: .seconds(42))),
        now(404, "flow_state_not_found", "invalid flow state, no valid flow state found", .loginExpired),
        now(422, "flow_state_expired", "invalid flow state, flow state has expired", .loginExpired),
        now(400, "bad_code_verifier", "code challenge does not match previously saved code verifier", .loginExpired),
        now(400, "user_banned", "Invalid Refresh Token: User Banned", .userBanned),
        now(403, "user_banned", "User is banned", .userBanned),
        now(401, "insufficient_aal", "AAL2 required", .secondFactorNeeded),
        now(422, "mfa_verification_failed", "Invalid TOTP code entered", .secondFactorWrong),
        now(422, "mfa_challenge_expired", "MFA challenge has expired", .secondFactorExpired),
        now(422, "mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.", .secondFactorExpired),
        now(404, "mfa_factor_not_found", "Factor not found", .secondFactorUnusable),
        now(
            400, "captcha_failed", "captcha protection: request disallowed (no captcha_token found)", .captcha),
        now(422, "signup_disabled", "Signups not allowed for this instance", .signUpsClosed),
        now(422, "email_provider_disabled", "Email logins are disabled", .methodOff),
        now(400, "validation_failed", "Unsupported provider: provider is not enabled", .providerOff),
        now(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used", .refreshTokenUsed),
        now(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found", .refreshTokenUnknown),
        now(400, "validation_failed", "Invalid Refresh Token: Not Issued By This Server", .refreshTokenUnknown),
        now(400, "session_not_found", "Invalid Refresh Token: No Valid Session Found", .sessionGone),
        now(400, "session_expired", "Invalid Refresh Token: Session Expired (Inactivity)", .sessionGone),
        now(403, "session_not_found", "Session from session_id claim in JWT does not exist", .sessionGone),
        now(403, "user_not_found", "User from sub claim in JWT does not exist", .sessionGone),
        now(403, "bad_jwt", "invalid JWT: unable to parse or verify signature", .tokenRejected),
        now(401, "no_authorization", "This endpoint requires a valid Bearer token", .tokenRejected),
        now(409, "conflict", "Too many concurrent token refresh requests", .serviceDown(status: 409)),
        now(500, "unexpected_failure", "Error sending magic link email", .mailFailed),
        now(500, "unexpected_failure", "Database error querying schema", .serviceDown(status: 500)),
        now(504, "request_timeout", "Processing this request timed out", .serviceDown(status: 504)),
        now(
            422, "weak_password", "Password is too short",
            .other(code: "weak_password", message: "Password is too short")),
    ]

    private static func oauth(_ description: String, _ failure: AuthFailure) -> Case {
        Case(400, #"{"error":"invalid_grant","error_description":"\#(description)"}"#, failure)
    }

    /// Other forms, and answers of what stands before the service.
    static let others = [
        Case(
            400, #"{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}"#, .wrongPassword),
        Case(
            429, #"{"code":429,"error_code":"over_email_send_rate_limit","msg":"after 7 seconds"}"#,
            .tooManyMails(wait: .seconds(7))),
        Case(400, #"{"error":"invalid_grant","error_description":"Invalid login credentials"}"#, .wrongPassword),
        Case(400, #"{"error":"invalid_grant","error_description":"Email not confirmed"}"#, .unconfirmed),
        oauth("Invalid Refresh Token", .refreshTokenUnknown),
        oauth("Invalid Refresh Token: Refresh Token Not Found", .refreshTokenUnknown),
        oauth("Invalid Refresh Token: Already Used", .refreshTokenUsed),
        oauth("Invalid Refresh Token: Session Expired (Inactivity)", .sessionGone),
        oauth("Invalid Refresh Token: User Banned", .userBanned),
        Case(400, #"{"code":400,"msg":"Invalid Refresh Token: Already Used"}"#, .refreshTokenUsed),
        Case(400, #"{"code":400,"msg":"Invalid Refresh Token"}"#, .refreshTokenUnknown),
        Case(401, #"{"code":401,"msg":"Invalid Refresh Token: Session Expired"}"#, .sessionGone),
        Case(500, #"{"code":500,"msg":"Invalid Refresh Token"}"#, .serviceDown(status: 500)),
        Case(
            400, #"{"error":"invalid_request","error_description":"refresh_token required"}"#,
            .other(code: "invalid_request", message: "refresh_token required")),
        Case(400, "{}", ["x-sb-error-code": "captcha_failed"], .captcha),
        Case(429, "{}", ["retry-after": "17"], .tooManyTries(wait: .seconds(17))),
        Case(429, "<html>", ["retry-after": "-5"], .tooManyTries(wait: nil)),
        Case(429, "<html>", ["retry-after": "99999999999999999999"], .tooManyTries(wait: nil)),
        Case(401, #"{"message":"Invalid API key","hint":"Double check your API key."}"#, .keyRejected),
        Case(401, #"{"message":"No API key found in request"}"#, .keyRejected),
        Case(401, #"{"code":"PGRST301","message":"JWT expired","details":null,"hint":null}"#, .tokenRejected),
        Case(401, #"{"code":"PGRST303","message":"JWT expired"}"#, .tokenRejected),
        Case(
            400, #"{"code":"42703","message":"column products.price does not exist"}"#,
            .other(code: "42703", message: "column products.price does not exist")),
        Case(402, #"{"message":"exceed_egress_quota"}"#, .projectRestricted),
        Case(540, "", .projectPaused),
        Case(540, #"{"message":"Project paused"}"#, .projectPaused),
        Case(502, "<html>", .serviceDown(status: 502)),
        Case(521, "", .serviceDown(status: 521)),
        Case(544, "", .serviceDown(status: 544)),
        Case(404, "<html><title>404</title></html>", .notTheService(status: 404)),
        Case(404, "", .notTheService(status: 404)),
        Case(404, #"{"error":"Not found"}"#, .notTheService(status: 404)),
        Case(400, #"{"error":"captcha_failed"}"#, .captcha),
        Case(400, #"{"code":"new_code"}"#, .other(code: "new_code", message: "")),
        Case(302, "", .notTheService(status: 302)),
        Case(401, "<html>", .notTheService(status: 401)),
        Case(400, #"{"code":"otp_expired","code":"captcha_failed"}"#, .notTheService(status: 400)),
        Case(400, #"{"code":{"a":1},"message":[]}"#, .notTheService(status: 400)),
    ]

    @Test(arguments: ofTheService + others) func readsTheAnswer(example: Case) {
        let response = ServiceResponse(status: example.status, headers: example.headers, body: Array(example.body.utf8))
        #expect(AuthFailure(response) == example.failure)
    }

    /// Only these end a session. After anything else the same refresh token works later.
    @Test func endsOfASession() {
        let ends = Set((Self.ofTheService + Self.others).map(\.failure).filter(\.endsSession))
        #expect(ends == [.userBanned, .refreshTokenUsed, .refreshTokenUnknown, .sessionGone])
    }

    @Test(arguments: ["\u{1B}[2J", "\u{202E}abc", "\u{0}", String(repeating: "x", count: 100_000), "🏴󠁧󠁢"])
    func hostileTexts(text: String) throws {
        let body = WireCodec.encodeUTF8(Pair(code: text, message: text))
        let failure = AuthFailure(ServiceResponse(status: 400, body: body))
        guard case .other(let code, let message) = failure else {
            Issue.record("\(failure)")
            return
        }
        for part in [code, message] {
            #expect(part.wire.unicodeScalars.count <= 300)
            #expect(!part.displayed().unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        }
    }

    private struct Pair: JSONEncodable {
        var code: String
        var message: String

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("code", code)
                $0.member("message", message)
            }
        }
    }

    /// No input traps.
    @Test func garbage() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = AuthFailure(ServiceResponse(status: Int.random(in: 100...999, using: &random), body: bytes))
        }
    }
}
