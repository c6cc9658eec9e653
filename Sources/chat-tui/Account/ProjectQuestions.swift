import AccountSession
import ChatUI
import Supabase

/// Finds the project to log in to. Its address and its key are asked for unless they are known, and again until the
/// service there takes them.
struct ProjectQuestions {
    let access: AccountAccess
    let questions: Questions
    let texts: Texts
    /// The address that a flag, the settings or the log-in before name.
    let address: ProjectAddress?
    /// The key that a flag, a variable or the settings name, or that of the log-in before.
    let key: ProjectKey?

    struct Found {
        var service: LogInService
        var key: ProjectKey
        var settings: ProjectSettings
    }

    func run() throws -> Found {
        var (asked, triesLeft): (ProjectAddress?, Int) = (nil, LogInService.maxTries)
        while true {
            triesLeft -= 1
            let project = try address ?? askAddress(before: asked)
            asked = project
            switch try found(project) {
            case .success(let found): return found
            case .failure(let problem):
                let service = service(project, nil)
                guard address == nil, problem.mayBeTheAddress, triesLeft > 0 else { throw service.failure(problem) }
                service.say(problem)
            }
        }
    }

    private func service(_ project: ProjectAddress, _ key: ProjectKey?) -> LogInService {
        LogInService(access.client(project, key), questions, texts)
    }

    private func found(_ project: ProjectAddress) throws -> Result<Found, AuthFailure> {
        if let key { return try settings(service(project, key), key) }
        // Without a key there is no answer but that it is missing, which only a project says.
        let mayRepeat = address != nil
        if questions.canAsk,
            case .failure(let problem) = try service(project, nil).send(.settings(), mayRepeat: mayRepeat),
            problem != .keyRejected
        {
            return .failure(problem)
        }
        for _ in 1...LogInService.maxTries {
            let key = try askKey()
            let service = service(project, key)
            let result = try settings(service, key)
            guard case .failure(.keyRejected) = result else { return result }
            service.say(.keyRejected)
        }
        return .failure(.keyRejected)
    }

    /// If the user has given the address here, another one is the way out of a failure.
    private func settings(_ service: LogInService, _ key: ProjectKey) throws -> Result<Found, AuthFailure> {
        try service.send(.settings(), mayRepeat: address != nil).map {
            Found(service: service, key: key, settings: $0)
        }
    }

    /// - Parameter before: The address that Enter takes again.
    private func askAddress(before: ProjectAddress?) throws -> ProjectAddress {
        while true {
            let question = before.map { texts.projectAgainQuestion($0.url) } ?? texts.projectQuestion
            let text = try questions.line(question, or: "--project")
            if text.isEmpty, let before { return before }
            // A key would be the name of a host. It must not be looked up.
            if let complaint = complaint(aboutKey: text) {
                questions.complain(complaint)
                continue
            }
            do throws(ProjectAddress.Invalid) {
                return try ProjectAddress(text)
            } catch {
                questions.complain(texts.projectAddress(error))
            }
        }
    }

    /// Nil if the text is no key.
    private func complaint(aboutKey text: String) -> String? {
        do throws(ProjectKey.Invalid) {
            _ = try ProjectKey(text)
            return texts.keyIsNoAddress
        } catch {
            switch error {
            case .secret, .otherToken: return texts.projectKey(error)
            case .empty, .malformed: return nil
            }
        }
    }

    private func askKey() throws -> ProjectKey {
        while true {
            let text = try questions.line(texts.keyQuestion, or: "--apikey")
            do throws(ProjectKey.Invalid) {
                return try ProjectKey(text)
            } catch {
                questions.complain(texts.projectKey(error))
            }
        }
    }
}
