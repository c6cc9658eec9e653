import ChatUI
import Supabase

/// The dialogue of `chat-tui login` with the user and the service. It ends with a session, or with the reason why there
/// is none.
struct LogIn {
    enum Method: String, CaseIterable, Sendable {
        case code, password, browser
    }

    let service: LogInService
    let settings: ProjectSettings
    let questions: Questions
    let texts: Texts
    /// Nil: the user chooses.
    let method: Method?
    /// The address that a flag or the settings name.
    let email: String?
    let opensBrowser: Bool

    /// - Returns: a session with every factor that the account asks for.
    func run() throws -> AuthSession {
        let session: AuthSession
        switch try way() {
        case .email: session = try byEmail()
        case .browser(let provider): session = try byBrowser(provider)
        }
        return session.needsSecondFactor ? try withSecondFactor(session) : session
    }

    // MARK: - The way

    private enum Way {
        case email
        case browser(provider: String)
    }

    /// Whoever has named an address has chosen it.
    private func way() throws -> Way {
        let providers = settings.providers.map { Way.browser(provider: $0) }
        switch method {
        case .code, .password: return .email
        case .browser: return try choice(providers)
        case nil where !settings.hasEmail && !providers.isEmpty: return try choice(providers)
        case nil where providers.isEmpty || email != nil || !questions.canAsk: return .email
        case nil: return try choice([.email] + providers)
        }
    }

    private func choice(_ ways: [Way]) throws -> Way {
        guard let first = ways.first else {
            throw CommandFailure(sentence: texts.noProvider, code: CommandFailure.Code.refused)
        }
        if ways.count == 1 { return first }
        let choices = ways.map { way -> (name: String, text: String) in
            switch way {
            case .email: ("email", texts.byEmail)
            case .browser(let provider): (provider, texts.byBrowser(provider))
            }
        }
        return ways[try questions.choice(texts.waysToLogIn, of: choices, or: "--method code")]
    }

    // MARK: - By e-mail

    private func byEmail() throws -> AuthSession {
        var (email, triesLeft) = (try self.email ?? questions.email(), LogInService.maxTries)
        try questions.requireTerminal()
        while true {
            if method != .code {
                switch try byPassword(email, &triesLeft) {
                case .session(let session): return session
                case .wantsCode: break
                case .wrongAddress:
                    email = try questions.email(before: email)
                    continue
                }
            }
            triesLeft -= 1
            switch try mailCode(to: email) {
            case .success: return try byCode(email)
            case .failure(let problem):
                guard problem == .unknownAccount || problem == .badAddress, triesLeft > 0 else {
                    throw service.failure(problem)
                }
                service.say(problem)
                email = try questions.email()
            }
        }
    }

    private enum PasswordOutcome {
        case session(AuthSession)
        case wantsCode
        case wrongAddress
    }

    /// - Parameter triesLeft: How often the service may be asked. After a wrong password it may also be the address that
    ///   is wrong.
    private func byPassword(_ email: String, _ triesLeft: inout Int) throws -> PasswordOutcome {
        let hasCode = method == nil
        var wasWrong = false
        while true {
            let password = try questions.secret(
                wasWrong
                    ? texts.passwordAgainQuestion(email, orCode: hasCode)
                    : hasCode ? texts.passwordOrCodeQuestion : texts.passwordQuestion)
            if password.isEmpty {
                if wasWrong { return .wrongAddress }
                if hasCode { return .wantsCode }
                continue
            }
            triesLeft -= 1
            switch try service.send(.logIn(email: email, password: password)) {
            case .success(let session): return .session(session)
            case .failure(let problem):
                guard problem == .wrongPassword || problem == .badAddress, triesLeft > 0 else {
                    throw service.failure(problem)
                }
                service.say(problem)
                if problem == .badAddress { return .wrongAddress }
                wasWrong = true
            }
        }
    }

    /// Has a code mailed, and says where it is. A code that was mailed a moment ago still counts.
    private func mailCode(to email: String) throws -> Result<Void, AuthFailure> {
        switch try service.send(.mailCode(to: email, createsUser: false)) {
        // If the answer to the first of two requests was lost, its mail was not.
        case .success,
            .failure(.tooManyMails) where service.hasRepeated:
            questions.say(texts.codeSent(to: email))
        // Only a mail to this address makes the service say how long another one has to wait.
        case .failure(.tooManyMails(let wait?)): questions.say(texts.codeSentBefore(to: email, nextIn: wait))
        case .failure(let problem): return .failure(problem)
        }
        return .success(())
    }

    private func byCode(_ email: String) throws -> AuthSession {
        for _ in 1...LogInService.maxTries {
            guard let code = try code(texts.codeQuestion) else {
                try mailAgain(to: email)
                continue
            }
            switch try service.send(.verify(code: code, email: email)) {
            case .success(let session): return session
            case .failure(.codeExpired): service.say(.codeExpired)
            case .failure(let problem): throw service.failure(problem)
            }
        }
        throw service.failure(.codeExpired)
    }

    /// The first code still counts if the service wants the user to wait for another one.
    private func mailAgain(to email: String) throws {
        switch try service.send(.mailCode(to: email, createsUser: false)) {
        case .success: questions.say(texts.newCodeSent)
        case .failure(let problem):
            switch problem {
            case .tooManyMails, .tooManyTries: service.say(problem)
            default: throw service.failure(problem)
            }
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
            questions.say(text.contains("://") ? texts.linkIsNoCode : texts.codeIsDigits)
        }
    }

    // MARK: - The second factor

    private func withSecondFactor(_ session: AuthSession) throws -> AuthSession {
        for _ in 1...LogInService.maxTries {
            guard let code = try code(texts.secondFactorQuestion) else { continue }
            // An account may have several apps, and the code is of any of them.
            for factor in session.user.factors {
                switch try verified(code, of: factor, session) {
                case .success(let session): return session
                case .failure(.secondFactorWrong), .failure(.secondFactorExpired): continue
                case .failure(let problem): throw service.failure(problem)
                }
            }
            service.say(.secondFactorWrong)
        }
        throw service.failure(.secondFactorWrong)
    }

    private func verified(
        _ code: String, of factor: AccountUser.Factor, _ session: AuthSession
    ) throws -> Result<AuthSession, AuthFailure> {
        switch try service.send(.challenge(factor, accessToken: session.accessToken)) {
        case .success(let challenge):
            return try service.send(
                .verify(code: code, of: factor, challenge: challenge, accessToken: session.accessToken))
        case .failure(let problem): return .failure(problem)
        }
    }
}
