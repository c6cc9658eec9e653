import ChatClient
import ChatUI
import ChatWire
import Supabase

// What the log-in service answers, in sentences that say what to do.

extension Texts {
    /// - Parameter host: The project's, as messages name it.
    func authFailure(_ failure: AuthFailure, at host: String) -> String {
        let host = UntrustedText(host)
        return switch failure {
        case .wrongPassword: choose("неверный адрес или пароль", "wrong e-mail address or password")
        case .unconfirmed:
            choose(
                "адрес ещё не подтверждён: откройте ссылку из письма, которое пришло при регистрации",
                "the address is not confirmed yet: open the link in the mail that came when you signed up")
        case .unknownAccount:
            choose(
                "учётной записи с этим адресом нет: зарегистрируйтесь на сайте или исправьте адрес",
                "no account has this address: sign up on the web site, or correct the address")
        case .badAddress:
            choose(
                "сервис не принимает этот адрес: исправьте его", "the service does not take this address: correct it")
        case .addressNotAuthorized:
            choose(
                "проект пока отправляет письма только своей команде: войдите с паролем или сообщите владельцу проекта",
                "the project mails only to its own team so far: use a password, or tell the project's owner")
        case .codeExpired:
            choose("код неверный, или его срок истёк", "the code is wrong or has expired")
        case .tooManyTries(let wait):
            choose("слишком много попыток: \(tryAgain(wait))", "too many tries: \(tryAgain(wait))")
        case .tooManyMails(let wait):
            choose("слишком много писем: \(tryAgain(wait))", "too many mails: \(tryAgain(wait))")
        case .loginExpired:
            choose(
                "время входа через браузер истекло: начните заново", "the log-in by browser has expired: start it again"
            )
        case .declined: choose("вход отменён в браузере", "the log-in was declined in the browser")
        case .userBanned:
            choose(
                "учётная запись заблокирована: обратитесь в поддержку",
                "the account is banned: contact the support")
        case .secondFactorNeeded:
            choose("нужен код из приложения-аутентификатора", "a code from your authenticator app is needed")
        case .secondFactorWrong:
            choose(
                "код из приложения неверный: проверьте часы на телефоне",
                "the app's code is wrong: check the clock of your phone")
        case .secondFactorExpired:
            choose("срок кода из приложения истёк: введите новый", "the app's code has expired: enter a new one")
        case .secondFactorUnusable:
            choose(
                "второй фактор этой учётной записи здесь не поддерживается: войдите на сайте",
                "this account's second factor is not supported here: log in on the web site")
        case .captcha:
            choose(
                "проект требует капчу, в терминале её не показать: chat-tui login --method browser",
                "the project wants a CAPTCHA, which a terminal cannot show: chat-tui login --method browser")
        case .signUpsClosed:
            choose(
                "регистрация в этом проекте закрыта, войти можно только с существующей учётной записью",
                "sign-ups are closed in this project; only existing accounts can log in")
        case .methodOff:
            choose(
                "этот способ входа в проекте выключен: выберите другой, --method code, password или browser",
                "this way to log in is switched off in the project: use another --method: code, password or browser")
        case .providerOff:
            choose(
                "этот способ входа через браузер в проекте выключен: chat-tui login --method code",
                "this log-in by browser is switched off in the project: chat-tui login --method code")
        case .keyRejected:
            choose(
                "проект \(host) не принял ключ: скопируйте publishable key заново и укажите --apikey",
                "the project \(host) rejected the key: copy the publishable key again, and give it with --apikey")
        case .projectPaused:
            choose(
                "проект \(host) приостановлен: его владелец может запустить его снова",
                "the project \(host) is paused: its owner can start it again")
        case .projectRestricted:
            choose(
                "работа проекта \(host) ограничена: сообщите его владельцу",
                "the project \(host) is restricted: tell its owner")
        case .projectUnknown:
            choose(
                "проекта \(host) нет, или он приостановлен: проверьте адрес, --project",
                "there is no project \(host), or it is paused: check the address, --project")
        case .mailFailed:
            choose(
                "сервис не смог отправить письмо: попробуйте позже или войдите с паролем",
                "the service could not send the mail: try later, or use a password")
        case .refreshTokenUsed, .refreshTokenUnknown, .sessionGone, .tokenRejected:
            choose("сеанс уже завершён", "the session is over")
        case .serviceDown(let status):
            choose(
                "сервис входа \(host) не работает: попробуйте позже (HTTP \(status))",
                "the log-in service \(host) is down: try later (HTTP \(status))")
        case .notTheService(let status):
            choose(
                "по адресу \(host) нет сервиса входа проекта: проверьте адрес, --project (HTTP \(status))",
                "at \(host) there is no log-in service of a project: check the address, --project (HTTP \(status))")
        case .malformed:
            choose(
                "ответ сервиса \(host) не удалось прочитать: проверьте адрес, --project",
                "the answer of \(host) could not be read: check the address, --project")
        case .unanswered(let end): unanswered(end, host.displayed())
        case .other(let code, let message):
            choose("сервис входа отказал", "the log-in service refused") + Self.words(code, message)
        }
    }

    /// What a service said, after a colon, with its name of the error; one of them may be missing.
    static func words(_ code: UntrustedText, _ message: UntrustedText) -> String {
        let (code, message) = (code.label(), message.label())
        if message.allSatisfy(\.isWhitespace) { return code.isEmpty ? "" : ": \(code)" }
        return ": \(message)" + (code.isEmpty ? "" : " (\(code))")
    }

    private func unanswered(_ end: LinkEnd, _ host: String) -> String {
        switch end {
        case .unreachable(let failure):
            choose(
                "сервис входа \(host) недоступен: \(cause(failure)); проверьте адрес, --project, и сеть",
                "cannot reach the log-in service \(host): \(cause(failure)); check the address, --project, and your network"
            )
        case .timedOut, .noPong:
            choose(
                "сервис входа \(host) не отвечает: попробуйте позже",
                "the log-in service \(host) does not answer: try later")
        case .unanswered, .closed, .lost:
            choose(
                "сервис входа \(host) закрывает соединение без ответа: попробуйте позже или проверьте адрес, --project",
                "the log-in service \(host) closes the connection without an answer: try later, or check the address, "
                    + "--project")
        case .notAChatServer:
            choose(
                "на \(host) отвечает не сервис входа: проверьте адрес, --project",
                "what answers at \(host) is not a log-in service: check the address, --project")
        case .notEncrypted:
            choose(
                "на \(host) нет шифрования: проверьте порт в адресе, --project",
                "what answers at \(host) does not encrypt: check the port of the address, --project")
        case .onlyEncrypted:
            choose(
                "на \(host) нужно шифрование: напишите адрес с https://",
                "\(host) requires encryption: write the address with https://")
        case .handshake:
            choose(
                "сервис входа \(host) не поддерживает TLS 1.2 или новее: сообщите владельцу проекта",
                "the log-in service \(host) does not support TLS 1.2 or later: tell the project's owner")
        case .refused(let status): authFailure(.serviceDown(status: status), at: host)
        // These name the address and its certificate or a proxy. The address is in another flag than a chat server's.
        case .proxy, .certificate, .token, .notStarted, .session, .unusable:
            named(host).unreachable(named(host).problem(end)).replacing("--url", with: "--project")
                .replacing("wss", with: "https")
        }
    }

    private func named(_ host: String) -> Texts { naming(ServerLabel(address: host, token: .none)) }

    /// When to try again.
    private func tryAgain(_ wait: Duration?) -> String {
        guard let wait else { return choose("подождите и попробуйте снова", "wait, then try again") }
        return choose("попробуйте снова через \(shown(wait))", "try again in \(shown(wait))")
    }

    /// The code that was mailed before still counts, and another one has to wait.
    func codeSentBefore(to email: String, nextIn wait: Duration) -> String {
        let email = UntrustedText(email)
        return choose(
            "Код на \(email) уже отправлен недавно, он действует. Новый можно получить через \(shown(wait)): "
                + "Enter без кода.",
            "A code was sent to \(email) a moment ago, and it still counts. A new one is possible in \(shown(wait)): "
                + "Enter without a code.")
    }

    private func shown(_ wait: Duration) -> String {
        let seconds = max(1, Int(wait.components.seconds) + (wait.components.attoseconds > 0 ? 1 : 0))
        return seconds < 120
            ? choose("\(seconds) с", "\(seconds) s")
            : choose("\((seconds + 59) / 60) мин", "\((seconds + 59) / 60) min")
    }
}
