import ChatUI
import ChatWire

// What `login` asks and says, and the page in the browser.

extension Texts {
    // MARK: Questions

    var projectQuestion: String {
        choose("Адрес проекта, https://….supabase.co: ", "Project URL, https://….supabase.co: ")
    }
    func projectAgainQuestion(_ url: String) -> String {
        let url = UntrustedText(url)
        return choose("Адрес проекта (Enter — ещё раз \(url)): ", "Project URL (Enter to try \(url) again): ")
    }
    var keyQuestion: String {
        choose(
            "Ключ проекта (publishable или anon, его сообщает сайт): ",
            "Project key (publishable or anon; the marketplace tells you the key): ")
    }
    var emailQuestion: String { choose("Электронная почта: ", "E-mail: ") }
    func emailAgainQuestion(_ email: String) -> String {
        let email = UntrustedText(email)
        return choose("Электронная почта (Enter — \(email)): ", "E-mail (Enter for \(email)): ")
    }
    var passwordQuestion: String { choose("Пароль: ", "Password: ") }
    var passwordOrCodeQuestion: String {
        choose("Пароль (Enter — получить код по почте): ", "Password (Enter to get a code by e-mail): ")
    }
    /// After a wrong password, when it may be the address that is wrong.
    func passwordAgainQuestion(_ email: String, orCode: Bool) -> String {
        let email = UntrustedText(email)
        return orCode
            ? choose(
                "Пароль для \(email) (Enter — исправить адрес или получить код): ",
                "Password for \(email) (Enter to correct the address, or to get a code): ")
            : choose(
                "Пароль для \(email) (Enter — исправить адрес): ",
                "Password for \(email) (Enter to correct the address): ")
    }
    var codeQuestion: String { choose("Код из письма: ", "Code from the e-mail: ") }
    var secondFactorQuestion: String {
        choose("Код из приложения-аутентификатора: ", "Code from your authenticator app: ")
    }

    // MARK: Choices

    var waysToLogIn: String { choose("Как войти:", "How to log in:") }
    var byEmail: String { choose("электронная почта: пароль или код", "e-mail: a password or a code") }
    func byBrowser(_ provider: String) -> String { choose("браузер: \(provider)", "browser: \(provider)") }
    var numberQuestion: String { choose("Номер (Enter — 1): ", "Number (Enter for 1): ") }
    func numberIsUpTo(_ count: Int) -> String {
        choose("Нужен номер от 1 до \(count).", "It must be a number from 1 to \(count).")
    }

    // MARK: On the way

    var tryAgainQuestion: String {
        choose("Enter — попробовать ещё раз, Ctrl-C — выйти: ", "Enter to try again, Ctrl-C to quit: ")
    }
    var waitingForWindow: String {
        choose(
            "Жду, пока другое окно chat-tui закончит работу с данными входа…",
            "Waiting until another window of chat-tui has done with the log-in…")
    }

    func codeSent(to email: String) -> String {
        let email = UntrustedText(email)
        return choose(
            "Код отправлен на \(email). Если письма нет, проверьте спам; Enter без кода пришлёт новый.",
            "A code was sent to \(email). If it is not there, check the spam folder; Enter without a code sends a new one."
        )
    }

    var newCodeSent: String { choose("Отправлен новый код.", "A new code was sent.") }
    var codeIsDigits: String { choose("В коде от 6 до 10 цифр.", "The code has 6 to 10 digits.") }
    var linkIsNoCode: String {
        choose(
            "Это ссылка: откройте её в браузере или введите код из письма.",
            "This is a link: open it in the browser, or type the code of the e-mail.")
    }
    var keyIsNoAddress: String {
        choose(
            "это ключ проекта, он понадобится дальше; сначала нужен адрес",
            "this is the project's key, which is asked for next; first comes the address")
    }
    var notAnEmail: String {
        choose("Нужен адрес вида anna@mail.example.", "It must be an address such as anna@mail.example.")
    }
    var notUTF8Answer: String { choose("Нужен текст в UTF-8.", "It must be UTF-8 text.") }

    var browserOpened: String {
        choose(
            "Войдите в открывшемся окне браузера, chat-tui ждёт 5 минут. Если оно не открылось, вот адрес:",
            "Log in in the browser window that opened; chat-tui waits for 5 minutes. If none did, this is the address:")
    }
    var openInBrowser: String {
        choose(
            "Откройте этот адрес в браузере на этом компьютере, chat-tui ждёт 5 минут:",
            "Open this address in a browser on this machine; chat-tui waits for 5 minutes:")
    }
    var browserOverSSH: String {
        choose(
            "Вы подключены по SSH, а браузер нужен на том же компьютере, где работает chat-tui. Без браузера: "
                + "Ctrl-C и chat-tui login --method code",
            "You are connected by SSH, but the browser must be on the machine where chat-tui runs. Without one: "
                + "Ctrl-C and chat-tui login --method code")
    }

    // MARK: Results

    /// - Parameters:
    ///   - user: The name, or the address.
    ///   - server: Where the chat is, if that is not at the project itself.
    /// - Returns: lines: who it is, and what to do next.
    func loggedIn(_ user: UntrustedText, server: String?, profile: String?) -> [String] {
        let place = server.map { choose(" Сервер: \(UntrustedText($0)).", " Server: \(UntrustedText($0)).") } ?? ""
        let command = "chat-tui" + (profile.map { " --profile \($0)" } ?? "")
        return [
            choose("Вы вошли: \(user).\(place)", "You are logged in: \(user).\(place)"),
            choose(
                "Написать о товаре: \(command) --product-id ID", "Write about a product: \(command) --product-id ID"),
            choose("Написать человеку: \(command) --seller ID", "Write to a person: \(command) --seller ID"),
            choose("Все беседы: \(command)", "All conversations: \(command)"),
        ]
    }

    func loggedOut(_ user: UntrustedText) -> String {
        choose("Вы вышли: \(user).", "You are logged out: \(user).")
    }

    var loggedOutHereOnly: String {
        choose(
            "вы вышли на этом компьютере; сообщить об этом сервису не удалось, сеанс там закончится сам",
            "you are logged out on this machine; the service could not be told, and the session ends there by itself")
    }

    func nobodyLoggedIn(_ profile: String?) -> String {
        choose("вход не выполнен: \(Self.logIn(profile))", "nobody is logged in: \(Self.logIn(profile))")
    }

    // MARK: Errors

    func noTerminalForQuestion(_ flag: String?) -> String {
        guard let flag else {
            return choose(
                "для пароля и кода нужен терминал; в сценариях используйте --token-file или CHAT_TUI_TOKEN",
                "a password and a code need a terminal; in scripts, use --token-file or CHAT_TUI_TOKEN")
        }
        return choose("спросить негде, нужен терминал: укажите \(flag)", "there is no terminal to ask: give \(flag)")
    }

    func badMethod(_ name: String) -> String {
        let name = UntrustedText(name)
        return choose(
            "--method: «\(name)» не подходит, нужно code, password или browser",
            "--method cannot be '\(name)'; use code, password or browser")
    }

    var badEmail: String {
        choose(
            "--email: нужен адрес вида anna@mail.example", "--email must be an address such as anna@mail.example")
    }

    var noProvider: String {
        choose(
            "в этом проекте нет входа через браузер: chat-tui login --method code",
            "this project has no log-in by browser: use chat-tui login --method code")
    }

    var browserTimedOut: String {
        choose(
            "браузер не вернулся за 5 минут: повторите вход или используйте --method code",
            "the browser did not come back within 5 minutes: try again, or use --method code")
    }

    func noLoopback(_ number: Int32) -> String {
        let reason = systemError(number)
        return choose(
            "не удалось открыть порт на этом компьютере для ответа браузера (\(reason)): используйте --method code",
            "cannot open a port on this machine for the browser's answer (\(reason)): use --method code")
    }

    // MARK: The pages in the browser

    var pageBeforeLogIn: String { choose("Перейти ко входу", "Go on to the log-in") }

    var pageAfterLogIn: String {
        choose(
            "Готово. Вернитесь в терминал: это окно можно закрыть.",
            "Done. Go back to the terminal: this window can be closed.")
    }
    var pageAfterRefusal: String {
        choose(
            "Войти не удалось, причина написана в терминале. Это окно можно закрыть.",
            "The log-in did not succeed; the terminal says why. This window can be closed.")
    }
    var pageOfNobody: String {
        choose("Эта страница нужна только для входа в chat-tui.", "This page is only for the log-in of chat-tui.")
    }
}
