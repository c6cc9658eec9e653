// The names of settings and faults, for command lines and for requests to `/stand-in/`.

extension Settings {
    /// Changes the setting of that name.
    /// - Returns: Whether there is such a setting and it can have this value.
    mutating func set(_ name: String, to value: String) -> Bool {
        func whole(_ path: WritableKeyPath<Settings, Int>) -> Bool {
            guard let number = Int(value) else { return false }
            self[keyPath: path] = number
            return true
        }
        func optional(_ path: WritableKeyPath<Settings, Int?>) -> Bool {
            guard value == "none" || Int(value) != nil else { return false }
            self[keyPath: path] = Int(value)
            return true
        }
        func flag(_ path: WritableKeyPath<Settings, Bool>) -> Bool {
            guard let isOn = Bool(value) else { return false }
            self[keyPath: path] = isOn
            return true
        }
        switch name {
        case "site-url": siteURL = value
        case "redirect-allow-list": redirectAllowList = value.split(separator: ",").map(String.init)
        case "providers": providers = Set(value.split(separator: ",").map(String.init))
        case "email-on": return flag(\.isEmailOn)
        case "magic-link-on": return flag(\.isMagicLinkOn)
        case "second-factor-on": return flag(\.isSecondFactorOn)
        case "sign-ups-closed": return flag(\.areSignUpsClosed)
        case "captcha-token": captchaToken = value == "none" ? nil : value
        case "paused": return flag(\.isPaused)
        case "mail-pause": return whole(\.mailPauseSeconds)
        case "mails-left": return optional(\.mailsLeft)
        case "code-length": return whole(\.codeLength)
        case "code-lifetime": return whole(\.codeLifetime)
        case "access-token-lifetime": return whole(\.accessTokenLifetime)
        case "refresh-tokens":
            guard ["random", "counted"].contains(value) else { return false }
            refreshTokens = value == "random" ? .random : .counted
        case "reuse-interval": return whole(\.reuseInterval)
        case "ends-reused-sessions": return flag(\.endsReusedSessions)
        case "refuses-every-reuse": return flag(\.refusesEveryReuse)
        case "session-lifetime": return optional(\.sessionLifetime)
        case "inactivity-timeout": return optional(\.inactivityTimeout)
        case "one-session-per-user": return flag(\.oneSessionPerUser)
        case "signing":
            guard ["es256", "hs256"].contains(value) else { return false }
            signing = value == "hs256" ? .hs256 : .es256
        case "error-format":
            guard ["current", "before-codes"].contains(value) else { return false }
            errorFormat = value == "current" ? .current : .beforeCodes
        case "key-set-cache": return whole(\.keySetCacheSeconds)
        case "flow-lifetime": return whole(\.flowLifetime)
        case "challenge-lifetime": return whole(\.challengeLifetime)
        case "clock-offset":
            guard let seconds = Double(value) else { return false }
            clockOffset = seconds
        case "uuid-products": return flag(\.areProductIDsUUIDs)
        case "prices": return flag(\.hasPrices)
        case "linked-sellers": return flag(\.linksSellers)
        case "expired-token-code": expiredTokenCode = value
        default: return false
        }
        return true
    }
}

extension Fault {
    /// The fault that `text` names: `hold`, `delay=2`, or the code of a refusal such as `over_request_rate_limit`.
    public init?(named text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return nil }
        let number = parts.count > 1 ? Double(parts[1]) : nil
        switch name {
        case "delay": self = .delay(seconds: number ?? 1)
        case "silence": self = .silence
        case "lose-answer": self = .loseAnswer
        case "lose-request": self = .loseRequest
        case "break-off": self = .breakOff(afterBytes: Int(number ?? 40))
        case "trickle": self = .trickle(pauseSeconds: number ?? 0.01)
        case "hold": self = .hold
        case "unavailable": self = .unavailable
        case "garbage": self = .garbage(Array("\u{1b}[2J no HTTP\r\n".utf8))
        case "hostile": self = .strings(Self.hostileText, except: Fault.tokens.union(["id", "sub"]))
        case "huge": self = .hugeAnswer(bytes: Int(number ?? 10_000_000))
        default:
            guard let error = ServiceError.all.first(where: { $0.code == name }) else { return nil }
            self = .refuse(error)
        }
    }

    /// Clears the screen, sets the title, turns the direction of writing, and goes on in a line of its own.
    public static let hostileText = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}evil\r\nInjected: yes\u{9b}31m"
}

extension ServiceError {
    /// The refusals that faults can name by their code.
    static let all = [
        invalidCredentials, emailNotConfirmed, userBanned, codeExpired, requestLimit, mailLimit, signUpsClosed,
        codesForUsersOnly, emailOff, captchaMissing, refreshTokenNotFound, refreshTokenAlreadyUsed, noSession,
        sessionExpired, flowNotFound, flowExpired, wrongVerifier, factorNotFound, wrongSecondFactor, secondFactorOff,
        tooManyRefreshes, timedOut, unexpected,
    ]
}
