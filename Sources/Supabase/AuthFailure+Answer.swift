import ChatWire

extension AuthFailure {
    /// Reads an answer that is not a success. Its body is of one of these forms:
    /// - `{"code":"…","message":"…"}`, of the service `auth` since 2024;
    /// - `{"code":400,"error_code":"…","msg":"…"}`, of the same before;
    /// - `{"error":"…","error_description":"…"}`, of OAuth (RFC 6749, section 5.2);
    /// - `{"code":"PGRST…","message":"…","details":…,"hint":…}`, of PostgREST;
    /// - `{"message":"Invalid API key","hint":"…"}`, of the gateway before both.
    init(_ response: ServiceResponse) {
        let json = response.json
        func text(_ name: JSONName) -> String? { try? json?.readIfPresent(name, as: String.self) }
        let message = text("message") ?? text("msg") ?? text("error_description") ?? ""
        if let end = Self.refreshTokenEnd(message, status: response.status) {
            self = end
            return
        }
        let named = text("code") ?? text("error_code") ?? response.headers["x-sb-error-code"]
        guard let code = named ?? text("error") else {
            self =
                Self.ofStatus(
                    response.status, isJSON: json != nil, message: message, headers: response.headers)
                ?? (message.isEmpty
                    ? .notTheService(status: response.status)
                    : .other(code: "", message: UntrustedText(Self.cut(message))))
            return
        }
        self.init(code: code, message: message, status: response.status, headers: response.headers)
        // Many servers say `{"error":"Not found"}`. With nothing else, it is no answer of this service.
        if named == nil, message.isEmpty, case .other = self { self = .notTheService(status: response.status) }
    }

    /// - Parameters:
    ///   - code: The service's name of the error.
    ///   - status: The HTTP status. It decides if the code is unknown.
    init(code: String, message: String, status: Int, headers: [String: String]) {
        let wait = Self.wait(headers, message)
        switch code {
        case "invalid_grant" where message == "Email not confirmed": self = .unconfirmed
        case "invalid_credentials", "invalid_grant": self = .wrongPassword
        case "email_not_confirmed", "phone_not_confirmed", "provider_email_needs_verification": self = .unconfirmed
        case "otp_disabled": self = .unknownAccount
        case "email_address_invalid", "email_address_not_provided": self = .badAddress
        case "validation_failed" where message.lowercased().contains("email"): self = .badAddress
        case "validation_failed" where message.hasPrefix("Unsupported provider"): self = .providerOff
        case "email_address_not_authorized": self = .addressNotAuthorized
        case "otp_expired": self = .codeExpired
        case "over_request_rate_limit": self = .tooManyTries(wait: wait)
        case "over_email_send_rate_limit", "over_sms_send_rate_limit": self = .tooManyMails(wait: wait)
        case "flow_state_not_found", "flow_state_expired", "flow_state_already_used", "bad_code_verifier",
            "bad_oauth_state", "bad_oauth_callback", "oauth_invalid_state", "oauth_client_state_not_found",
            "oauth_client_state_expired":
            self = .loginExpired
        case "access_denied": self = .declined
        case "user_banned": self = .userBanned
        case "insufficient_aal": self = .secondFactorNeeded
        case "mfa_verification_failed", "mfa_verification_rejected": self = .secondFactorWrong
        case "mfa_challenge_expired", "mfa_ip_address_mismatch": self = .secondFactorExpired
        case "mfa_factor_not_found", "mfa_totp_verify_not_enabled": self = .secondFactorUnusable
        case "captcha_failed": self = .captcha
        case "signup_disabled": self = .signUpsClosed
        case "email_provider_disabled", "phone_provider_disabled", "anonymous_provider_disabled": self = .methodOff
        case "provider_disabled", "oauth_provider_not_supported", "sso_provider_disabled": self = .providerOff
        case "refresh_token_already_used": self = .refreshTokenUsed
        case "refresh_token_not_found": self = .refreshTokenUnknown
        case "session_not_found", "session_expired", "user_not_found": self = .sessionGone
        // PGRST301 to PGRST303 are PostgREST's words for a token that is wrong, missing or expired.
        case "bad_jwt", "no_authorization", "PGRST300", "PGRST301", "PGRST302", "PGRST303": self = .tokenRejected
        case "unexpected_failure" where message.hasPrefix("Error sending"): self = .mailFailed
        case "conflict", "request_timeout", "hook_timeout", "hook_timeout_after_retry", "unexpected_failure":
            self = .serviceDown(status: status)
        default:
            self =
                Self.ofStatus(status, isJSON: true, message: message, headers: headers)
                ?? .other(code: UntrustedText(Self.cut(code)), message: UntrustedText(Self.cut(message)))
        }
    }

    /// What is wrong with a refresh token. The service has always said it in these words, but before 2024 it had no code for
    /// it, or the code of a wrong password.
    private static func refreshTokenEnd(_ message: String, status: Int) -> AuthFailure? {
        let start = "Invalid Refresh Token"
        guard (400..<429).contains(status), message.hasPrefix(start) else { return nil }
        let reason = message.dropFirst(start.count).drop { $0 == ":" || $0 == " " }
        if reason.hasPrefix("Already Used") { return .refreshTokenUsed }
        if reason.hasPrefix("User Banned") { return .userBanned }
        if reason.hasPrefix("Session Expired") || reason.hasPrefix("No Valid Session") { return .sessionGone }
        return .refreshTokenUnknown
    }

    /// What the status alone says; nil if it says nothing.
    /// - Parameter isJSON: Whether the answer has a JSON body, as the gateway's own answers have.
    private static func ofStatus(
        _ status: Int, isJSON: Bool, message: String, headers: [String: String]
    ) -> AuthFailure? {
        switch status {
        case 401 where isJSON: .keyRejected
        case 402: .projectRestricted
        case 409: .serviceDown(status: status)
        case 429: .tooManyTries(wait: wait(headers, message))
        case 540: .projectPaused
        case 500...599: .serviceDown(status: status)
        default: nil
        }
    }

    /// The seconds of `Retry-After` (RFC 9110, section 10.2.3), or of the sentence "For security purposes, you can only
    /// request this after 42 seconds."
    private static func wait(_ headers: [String: String], _ message: String) -> Duration? {
        let words = message.split { !$0.isLetter && !$0.isNumber }
        let said = words.firstIndex(of: "after").flatMap { place in
            place + 2 < words.count && words[place + 2].hasPrefix("second") ? Int(words[place + 1]) : nil
        }
        guard let seconds = headers["retry-after"].flatMap({ Int($0) }) ?? said, (0...86_400).contains(seconds) else {
            return nil
        }
        return .seconds(seconds)
    }

    /// A service may say anything, at any length.
    private static func cut(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(300)))
    }
}
