import AccountSession
import ChatUI
import ChatWire
import Formats
import HostSystem
import Supabase

// Sessions, projects and keys.

extension Texts {
    func projectKey(_ invalid: ProjectKey.Invalid) -> String {
        switch invalid {
        case .empty: choose("нужен ключ проекта", "must be the project's key")
        case .malformed:
            choose(
                "нужен ключ sb_publishable_… или anon: его сообщает сайт с товарами",
                "must be a key sb_publishable_… or anon: the marketplace tells you the key")
        case .secret:
            choose(
                "это секретный ключ, он даёт доступ ко всем данным и здесь не нужен: возьмите publishable или anon "
                    + "и замените секретный, если его кто-то видел",
                "this is a secret key, which opens all data and does not belong here: take the publishable or anon key, "
                    + "and replace the secret one if anybody saw it")
        case .otherToken:
            choose(
                "это токен, а не ключ проекта: нужен publishable или anon",
                "this is a token, not the project's key: take the publishable or anon key")
        }
    }

    /// - Parameter host: The log-in service's.
    func accountProblem(_ problem: AccountProblem, profile: String?, at host: String) -> String {
        switch problem {
        case .notLoggedIn: nobodyLoggedIn(profile)
        case .ended: sessionOver(profile)
        case .otherUser(let user):
            choose("теперь здесь вошёл \(user.displayed)", "\(user.displayed) has logged in here")
        case .file(let problem):
            choose(
                "данные входа не используются: \(fileProblem(problem))",
                "the log-in is not used: \(fileProblem(problem))")
        case .unreadable(let path):
            choose(
                "в \(UntrustedText(path)) не данные входа: удалите этот файл и войдите снова, \(Self.logIn(profile))",
                "\(UntrustedText(path)) does not hold a log-in: remove the file and log in again, \(Self.logIn(profile))"
            )
        case .keyringSilent:
            choose(
                "связка ключей не отвечает: разблокируйте её или войдите снова, \(Self.logIn(profile))",
                "the keyring does not answer: unlock it, or log in again, \(Self.logIn(profile))")
        case .busy:
            choose(
                "другое окно chat-tui слишком долго занимает данные входа: закройте его",
                "another window of chat-tui is busy with the log-in for too long: close it")
        case .service(let failure): authFailure(failure, at: host)
        }
    }

    func sessionOver(_ profile: String?) -> String {
        choose(
            "сеанс завершён: войдите снова, \(Self.logIn(profile))",
            "the session is over: log in again, \(Self.logIn(profile))")
    }

    private static func localTime(_ time: Timestamp) -> String {
        let civil = CivilTime(secondsSince1970: time.seconds, offset: LocalTime.utcOffset(time))
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(civil.year)-\(twoDigits(civil.month))-\(twoDigits(civil.day)) "
            + "\(twoDigits(civil.hour)):\(twoDigits(civil.minute))"
    }

    /// The lines of `whoami`.
    func identity(_ identity: Identity, now: Timestamp = Timestamp(microseconds: WallClock.microseconds)) -> String {
        let user = identity.loggedIn.user
        let email = user.email.map { user.name == nil ? "\($0)" : " <\($0)>" } ?? ""
        var lines = ["\(user.name.map { "\($0)" } ?? "")\(email)"]
        if lines[0].isEmpty { lines[0] = user.id.displayed }
        func line(_ title: String, _ value: String) { lines.append("\(title): \(value)") }
        line("ID", user.id.displayed)
        line(choose("Проект", "Project"), UntrustedText(identity.loggedIn.project.url).displayed())
        line(choose("Сервер", "Server"), UntrustedText(identity.server).displayed())
        if let profile = identity.profile { line(choose("Профиль", "Profile"), profile) }
        if let end = identity.end {
            // If it was not refreshed in time, nobody knows yet whether it still can be.
            let isOver = end.seconds <= now.seconds
            line(
                isOver ? choose("Токен истёк", "Token expired") : choose("Токен до", "Token until"),
                Self.localTime(end)
                    + (isOver
                        ? choose(", будет обновлён при подключении", ", to be refreshed on connecting")
                        : choose(", обновляется сам", ", refreshed automatically")))
        }
        return lines.joined(separator: "\n")
    }
}
