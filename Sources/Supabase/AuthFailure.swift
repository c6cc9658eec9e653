import ChatWire
import ClientUpdates

/// Why a service of the project did not do what it was asked for. There is one case for each thing that people meet.
/// The codes are those of supabase/auth, internal/api/apierrors/errorcode.go.
public enum AuthFailure: Error, Sendable, Hashable {
    // MARK: What the user can do something about
    /// The address or the password is wrong. The service does not say which.
    case wrongPassword
    /// The address was not confirmed yet: its owner has to follow the link in the first mail.
    case unconfirmed
    /// No account has this address, and the request does not create one.
    case unknownAccount
    /// The address is none, or the project does not take it.
    case badAddress
    /// The project mails only to addresses of its own team, because it has no mail server of its own.
    case addressNotAuthorized
    /// The code is wrong or expired. The service does not say which.
    case codeExpired
    /// Too many tries. The wait is nil if the service does not say it.
    case tooManyTries(wait: Duration?)
    /// Too many mails. The wait is nil if the service does not say it.
    case tooManyMails(wait: Duration?)
    /// The login in the browser took too long, or its code was used already.
    case loginExpired
    /// The user declined in the browser, or the provider did.
    case declined
    case userBanned

    // MARK: The second factor
    /// The account asks for a second factor.
    case secondFactorNeeded
    /// The code of the second factor is wrong.
    case secondFactorWrong
    /// The question for the second factor is too old. A new one has to be asked.
    case secondFactorExpired
    /// The second factor was removed, or is of a kind that cannot be asked for here.
    case secondFactorUnusable

    // MARK: What the project's owner decides
    /// The project wants a CAPTCHA solved, which a terminal cannot show.
    case captcha
    case signUpsClosed
    /// This way to log in is switched off.
    case methodOff
    /// The provider for the browser is not switched on.
    case providerOff
    /// The project's key is wrong or was replaced.
    case keyRejected
    /// The project is paused (HTTP 540).
    case projectPaused
    /// The project is restricted, for example because of an unpaid bill (HTTP 402).
    case projectRestricted
    /// There is no project of this name, or it is paused: names of paused projects cannot be resolved.
    case projectUnknown
    /// The mail could not be sent.
    case mailFailed

    // MARK: The session
    /// The refresh token was used before, and so the session is over.
    case refreshTokenUsed
    /// The service does not know the refresh token.
    case refreshTokenUnknown
    /// The session has ended: by its age, by a logout elsewhere, or because the user does not exist any more.
    case sessionGone
    /// The access token was not accepted.
    case tokenRejected

    // MARK: The way to the service
    /// The service failed (HTTP 5xx), or is too busy.
    case serviceDown(status: Int)
    /// What answers there is not this service.
    case notTheService(status: Int)
    /// The answer is not of the form that the service gives. The text is this program's own, for the log.
    case malformed(String)
    /// There was no answer.
    case unanswered(LinkEnd)
    /// Anything else that the service says.
    case other(code: UntrustedText, message: UntrustedText)
}

extension AuthFailure {
    /// Whether a refresh token that gets this answer is worth nothing any more. With every other answer the same token
    /// works later.
    public var endsSession: Bool {
        switch self {
        case .refreshTokenUsed, .refreshTokenUnknown, .sessionGone, .userBanned: true
        case .wrongPassword, .unconfirmed, .unknownAccount, .badAddress, .addressNotAuthorized, .codeExpired,
            .tooManyTries, .tooManyMails, .loginExpired, .declined, .secondFactorNeeded, .secondFactorWrong,
            .secondFactorExpired, .secondFactorUnusable, .captcha, .signUpsClosed, .methodOff, .providerOff,
            .keyRejected, .projectPaused, .projectRestricted, .projectUnknown, .mailFailed, .tokenRejected,
            .serviceDown, .notTheService, .malformed, .unanswered, .other:
            false
        }
    }

    /// Whether the service answered, and did not do it. It was reached and works.
    public var isRefusal: Bool {
        switch self {
        case .projectUnknown, .serviceDown, .unanswered: false
        case .wrongPassword, .unconfirmed, .unknownAccount, .badAddress, .addressNotAuthorized, .codeExpired,
            .tooManyTries, .tooManyMails, .loginExpired, .declined, .userBanned, .secondFactorNeeded,
            .secondFactorWrong, .secondFactorExpired, .secondFactorUnusable, .captcha, .signUpsClosed, .methodOff,
            .providerOff, .keyRejected, .projectPaused, .projectRestricted, .mailFailed, .refreshTokenUsed,
            .refreshTokenUnknown, .sessionGone, .tokenRejected, .notTheService, .malformed, .other:
            true
        }
    }

    /// How long the service asks to wait.
    public var wait: Duration? {
        switch self {
        case .tooManyTries(let wait), .tooManyMails(let wait): wait
        case .wrongPassword, .unconfirmed, .unknownAccount, .badAddress, .addressNotAuthorized, .codeExpired,
            .loginExpired, .declined, .userBanned, .secondFactorNeeded, .secondFactorWrong, .secondFactorExpired,
            .secondFactorUnusable, .captcha, .signUpsClosed, .methodOff, .providerOff, .keyRejected, .projectPaused,
            .projectRestricted, .projectUnknown, .mailFailed, .refreshTokenUsed, .refreshTokenUnknown, .sessionGone,
            .tokenRejected, .serviceDown, .notTheService, .malformed, .unanswered, .other:
            nil
        }
    }
}
