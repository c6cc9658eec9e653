import AccountSession
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Supabase

/// The dialogue of `chat-tui login` with the user and the service. It ends with a session, or with the reason why there
/// is none.
struct LogIn {
    enum Method: String, CaseIterable, Sendable {
        case code, password, browser
    }

    let client: ServiceClient
    let questions: Questions
    let texts: Texts
    /// Nil: the user chooses between password and code by the answer to one question.
    let method: Method?
    /// The address that a flag or the settings name.
    let email: String?
    let opensBrowser: Bool

    /// After so many wrong answers the program gives up. The service counts, too.
    private static let maxTries = 5

    /// - Returns: a session with every factor that the account asks for.
    func run() throws -> AuthSession {
        let settings = try answer(.settings())
        let session: AuthSession
        switch method {
        case .browser: session = try byBrowser(settings)
        case nil where !settings.hasEmail && !settings.providers.isEmpty: session = try byBrowser(settings)
        case .code, .password, nil: session = try byEmail()
        }
        return session.needsSecondFactor ? try withSecondFactor(session) : session
    }

    // MARK: - By e-mail

    private func byEmail() throws -> AuthSession {
        let email = try email ?? questions.email()
        try questions.requireTerminal()
        if method != .code, let session = try byPassword(email) { return session }
        return try byCode(email)
    }

    /// Nil if the user wants a code instead.
    private func byPassword(_ email: String) throws -> AuthSession? {
        let mayBeEmpty = method == nil
        for _ in 1...Self.maxTries {
            let question = mayBeEmpty ? texts.passwordOrCodeQuestion : texts.passwordQuestion
            let password = try questions.secret(question)
            if password.isEmpty {
                if mayBeEmpty { return nil }
                continue
            }
            do throws(AuthFailure) {
                return try send(.logIn(email: email, password: password))
            } catch .wrongPassword {
                say(.wrongPassword)
            } catch {
                throw failure(error)
            }
        }
        throw failure(.wrongPassword)
    }

    private func byCode(_ email: String) throws -> AuthSession {
        try answer(.mailCode(to: email, createsUser: false))
        questions.say(texts.codeSent(to: email))
        for _ in 1...Self.maxTries {
            guard let code = try code(texts.codeQuestion) else {
                try mailAgain(to: email)
                continue
            }
            do throws(AuthFailure) {
                return try send(.verify(code: code, email: email))
            } catch .codeExpired {
                say(.codeExpired)
            } catch {
                throw failure(error)
            }
        }
        throw failure(.codeExpired)
    }

    /// The first code still counts if the service wants the user to wait for another one.
    private func mailAgain(to email: String) throws {
        do throws(AuthFailure) {
            try send(.mailCode(to: email, createsUser: false))
            questions.say(texts.newCodeSent)
        } catch .tooManyMails(let wait) {
            say(.tooManyMails(wait: wait))
        } catch .tooManyTries(let wait) {
            say(.tooManyTries(wait: wait))
        } catch {
            throw failure(error)
        }
    }

    /// The digits of a code, which mails and apps show in groups. Nil for an empty answer.
    private func code(_ question: String) throws -> String? {
        while true {
            let text = try questions.line(question)
            let digits = text.filter { !$0.isWhitespace && $0 != "-" && $0 != "\u{2011}" && $0 != "\u{2013}" }
            if digits.isEmpty { return nil }
            let isCode = (6...10).contains(digits.count) && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
            if isCode { return digits }
            questions.say(texts.codeIsDigits)
        }
    }

    // MARK: - The second factor

    private func withSecondFactor(_ session: AuthSession) throws -> AuthSession {
        for _ in 1...Self.maxTries {
            guard let code = try code(texts.secondFactorQuestion) else { continue }
            // An account may have several apps, and the code is of any of them.
            for factor in session.user.factors {
                do throws(AuthFailure) {
                    let challenge = try send(.challenge(factor, accessToken: session.accessToken))
                    return try send(
                        .verify(code: code, of: factor, challenge: challenge, accessToken: session.accessToken))
                } catch .secondFactorWrong {
                    continue
                } catch .secondFactorExpired {
                    continue
                } catch {
                    throw failure(error)
                }
            }
            say(.secondFactorWrong)
        }
        throw failure(.secondFactorWrong)
    }

    // MARK: - By browser

    private static let browserPatience: Duration = .seconds(300)

    private func byBrowser(_ settings: ProjectSettings) throws -> AuthSession {
        let provider = try provider(of: settings)
        let page: LoopbackPage
        do throws(LoopbackPage.Failure) {
            page = try LoopbackPage(texts)
        } catch {
            throw CommandFailure(sentence: texts.noLoopback(error.number), code: CommandFailure.Code.unreachable)
        }
        let (verifier, state) = (PKCEVerifier(), PKCEVerifier().text)
        let address = AuthorizationPage.url(
            of: client.project, provider: provider, callback: page.address(state: state), verifier: verifier)
        let environment = ProcessInfo.processInfo.environment
        let isRemote = environment["SSH_CONNECTION"] != nil || environment["SSH_TTY"] != nil
        if isRemote { questions.say(texts.browserOverSSH) }
        if opensBrowser, !isRemote, Browser.openForLogIn(address) {
            questions.say(texts.browserOpened)
        } else {
            questions.say(texts.openInBrowser)
        }
        questions.say(address)
        guard let result = page.result(state: state, until: .now + Self.browserPatience) else {
            throw CommandFailure(sentence: texts.browserTimedOut, code: CommandFailure.Code.unreachable)
        }
        switch result {
        case .code(let code): return try answer(.exchange(code: code, verifier: verifier))
        case .failed(let problem): throw failure(problem)
        }
    }

    private func provider(of settings: ProjectSettings) throws -> String {
        guard let first = settings.providers.first else {
            throw CommandFailure(sentence: texts.noProvider, code: CommandFailure.Code.refused)
        }
        if settings.providers.count == 1 { return first }
        while true {
            let name = try questions.line(texts.whichProvider(settings.providers), or: "--method code")
            let fitting = settings.providers.filter { $0 == name || !name.isEmpty && $0.hasPrefix(name.lowercased()) }
            if fitting.contains(name) { return name }
            if fitting.count == 1 { return fitting[0] }
        }
    }

    // MARK: - The service

    private func send<Answer>(_ request: ServiceRequest<Answer>) throws(AuthFailure) -> Answer {
        try waiting { [client] () async throws(AuthFailure) -> Answer in try await client.send(request) }
    }

    /// Every failure ends the dialogue.
    @discardableResult
    private func answer<Answer>(_ request: ServiceRequest<Answer>) throws -> Answer {
        do throws(AuthFailure) {
            return try send(request)
        } catch {
            throw failure(error)
        }
    }

    private func say(_ failure: AuthFailure) {
        questions.complain(texts.authFailure(failure, at: client.project.authority))
    }

    private func failure(_ failure: AuthFailure) -> CommandFailure {
        CommandFailure(
            sentence: texts.authFailure(failure, at: client.project.authority), code: failure.exitCode)
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
}
