import AccountSession
import ChatUI
import ClientUpdates
import Supabase

/// The service that `login` talks to. What goes wrong on the way there may be over a moment later, so it is told, and the
/// user can try again without answering the same questions.
final class LogInService {
    let client: ServiceClient
    private let questions: Questions
    private let texts: Texts
    private var repeatsLeft = LogInService.maxTries
    /// Whether the last request was sent more than once. The first one may have been done all the same.
    private(set) var hasRepeated = false

    /// After so many wrong answers of the user, or failures on the way, the program gives up.
    static let maxTries = 5

    init(_ client: ServiceClient, _ questions: Questions, _ texts: Texts) {
        (self.client, self.questions, self.texts) = (client, questions, texts)
    }

    /// Sends a request.
    /// - Parameter mayRepeat: Whether the user is asked to try again. Nobody can be asked without a terminal.
    /// - Throws: what the user wants in place of an answer: to end.
    func send<Answer>(
        _ request: ServiceRequest<Answer>, mayRepeat: Bool = true
    ) throws -> Result<Answer, AuthFailure> {
        hasRepeated = false
        while true {
            do throws(AuthFailure) {
                return .success(
                    try waiting { [client] () async throws(AuthFailure) -> Answer in try await client.send(request) })
            } catch {
                guard mayRepeat, error.mayPass, questions.canAsk, repeatsLeft > 0 else { return .failure(error) }
                repeatsLeft -= 1
                hasRepeated = true
                say(error)
                _ = try questions.line(texts.tryAgainQuestion)
            }
        }
    }

    /// Every failure ends the dialogue.
    func answer<Answer>(_ request: ServiceRequest<Answer>) throws -> Answer {
        switch try send(request) {
        case .success(let answer): return answer
        case .failure(let problem): throw failure(problem)
        }
    }

    func say(_ failure: AuthFailure) { questions.complain(sentence(failure)) }

    func failure(_ failure: AuthFailure) -> CommandFailure {
        CommandFailure(sentence: sentence(failure), code: failure.exitCode)
    }

    private func sentence(_ failure: AuthFailure) -> String {
        texts.authFailure(failure, at: client.project.authority)
    }
}

extension AuthFailure {
    /// The exit code of `login`.
    var exitCode: Int32 {
        switch self {
        case .wrongPassword, .unconfirmed, .unknownAccount, .badAddress, .addressNotAuthorized, .codeExpired,
            .tooManyTries, .tooManyMails, .loginExpired, .declined, .userBanned, .secondFactorNeeded,
            .secondFactorWrong, .secondFactorExpired, .secondFactorUnusable, .captcha, .signUpsClosed, .methodOff,
            .providerOff, .keyRejected, .refreshTokenUsed, .refreshTokenUnknown, .sessionGone, .tokenRejected, .other:
            CommandFailure.Code.refused
        case .projectPaused, .projectRestricted, .projectUnknown, .mailFailed, .serviceDown, .notTheService, .malformed,
            .unanswered:
            CommandFailure.Code.unreachable
        }
    }

    /// Whether the same request may be answered a moment later.
    var mayPass: Bool {
        switch self {
        case .serviceDown, .notTheService, .malformed, .mailFailed: true
        case .unanswered(let end): end.mayPass
        case .wrongPassword, .unconfirmed, .unknownAccount, .badAddress, .addressNotAuthorized, .codeExpired,
            .tooManyTries, .tooManyMails, .loginExpired, .declined, .userBanned, .secondFactorNeeded,
            .secondFactorWrong, .secondFactorExpired, .secondFactorUnusable, .captcha, .signUpsClosed, .methodOff,
            .providerOff, .keyRejected, .projectPaused, .projectRestricted, .projectUnknown, .refreshTokenUsed,
            .refreshTokenUnknown, .sessionGone, .tokenRejected, .other:
            false
        }
    }

    /// Whether the address of the project may be the reason.
    var mayBeTheAddress: Bool {
        switch self {
        case .projectUnknown, .unanswered, .other: true
        default: mayPass
        }
    }
}

extension LinkEnd {
    /// Whether it may be otherwise a moment later, without a change by the user.
    fileprivate var mayPass: Bool {
        switch self {
        case .unreachable, .notAChatServer, .unanswered, .proxy, .timedOut, .refused, .closed, .lost, .noPong: true
        case .notEncrypted, .onlyEncrypted, .handshake, .token, .certificate, .notStarted, .session, .unusable: false
        }
    }
}
