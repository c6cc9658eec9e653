import ChatUI
import ChatWire
import HostSystem

// Errors in arguments, environment variables and files.

extension Texts {
    func misencoded(_ place: ProgramText.InvalidEncoding) -> String {
        switch place {
        case .argument(let number):
            choose("аргумент \(number) не в UTF-8", "argument \(number) is not UTF-8")
        case .variable(let name):
            choose("переменная \(UntrustedText(name)) не в UTF-8", "the variable \(UntrustedText(name)) is not UTF-8")
        }
    }

    func invalidPath(_ flag: String, _ problem: UserPath.Invalid) -> String {
        switch problem {
        case .empty: choose("\(flag): путь пуст", "\(flag): the path is empty")
        case .noHome: "\(flag): ~: \(noHome)"
        case .otherHome:
            choose("\(flag): пишите путь целиком, без ~имени", "\(flag): write the path in full, without ~name")
        }
    }

    func missingFolder(_ flag: String, _ path: String) -> String {
        choose(
            "\(flag): нет папки \(UntrustedText(path)), исправьте путь или создайте её",
            "\(flag): there is no folder \(UntrustedText(path)); correct the path or create it")
    }

    func noFolder(_ flag: String, _ path: String) -> String {
        choose(
            "\(flag): \(UntrustedText(path)) — не папка, укажите папку",
            "\(flag): \(UntrustedText(path)) is no folder; give a folder")
    }

    var localServerByHand: String {
        choose(
            "local-server запускает только сам chat-tui; свой сервер запускают командой chat-server",
            "only chat-tui itself runs local-server; to run a server, use chat-server")
    }

    func relativePath(_ flag: String) -> String {
        choose("\(flag): укажите полный путь, от /", "\(flag): give the full path, starting at /")
    }

    func userMissing(_ profile: String?) -> String {
        choose(
            "войдите командой \(Self.logIn(profile)) или укажите, кто вы: --user ID",
            "log in with \(Self.logIn(profile)), or say who you are: --user ID")
    }

    var badProfile: String {
        choose(
            "--profile: нужны латинские буквы, цифры, - и _, не больше 64",
            "--profile must have Latin letters, digits, - and _, 64 at most")
    }

    func noProfile(_ name: String, among profiles: [String]) -> String {
        let nearest = Nearest.name(to: name, among: profiles)
        let list = profiles.joined(separator: ", ")
        let known = profiles.isEmpty ? "" : choose("; есть \(list)", "; known profiles: \(list)")
        let hint = known + (nearest.map { choose("; может быть, \($0)?", "; did you mean \($0)?") } ?? "")
        return choose(
            "профиля \(name) нет: войдите, \(Self.logIn(name)), или добавьте в настройки раздел [profiles.\(name)]\(hint)",
            "there is no profile \(name): log in, \(Self.logIn(name)), or add a table [profiles.\(name)] to the settings\(hint)"
        )
    }

    var badTokenCommand: String {
        choose(
            "token-command: незакрытая кавычка, или нет ни одного слова",
            "token-command has a quote that is not closed, or no word")
    }

    /// A token on the command line is not for people.
    var tokenIsVisible: String {
        choose(
            "токен из --token видят все пользователи этого компьютера, и он остаётся в истории оболочки: "
                + "используйте chat-tui login, --token-file или CHAT_TUI_TOKEN",
            "everybody on this machine can see the token of --token, and the shell's history keeps it: "
                + "use chat-tui login, --token-file or CHAT_TUI_TOKEN")
    }

    func badUserID(_ flag: String) -> String {
        choose(
            "\(flag): от 1 до 128 символов, кроме управляющих, и не одни пробелы",
            "\(flag) must have 1 to 128 characters, no control characters, and not only spaces")
    }

    /// In a marketplace's project people have UUIDs.
    func emailIsNoID(_ flag: String) -> String {
        choose(
            "\(flag): нужен ID человека (UUID), а не адрес почты: ID есть в списке бесед, и его печатает chat-tui whoami",
            "\(flag) must be the person's ID (a UUID), not an e-mail address: the list of conversations has it, and "
                + "chat-tui whoami prints one's own")
    }

    var sellerMissing: String {
        choose(
            "для --product, --product-id и --seller-name укажите собеседника: --seller ID",
            "--product, --product-id and --seller-name need a person to talk to: add --seller ID")
    }

    var plainNeedsSeller: String {
        choose(
            "--plain показывает одну беседу: укажите собеседника ключом --seller ID",
            "--plain shows one conversation: add --seller ID")
    }

    func samePerson(_ flag: String) -> String {
        choose(
            "--user и \(flag) должны быть разными пользователями", "--user and \(flag) must be different users")
    }

    var tokenInTheOpen: String {
        choose(
            "без шифрования токен могут прочитать посторонние: используйте wss:// или https://",
            "without encryption others could read the token: use wss:// or https://")
    }

    var twoTokens: String {
        choose("укажите либо --token, либо --token-file", "give either --token or --token-file, not both")
    }

    func unreadableSettings(_ problem: SettingsFile.Unreadable) -> String {
        let path = UntrustedText(problem.path)
        return switch problem.reason {
        case .inaccessible(.tooLong):
            choose(
                "\(path) больше 64 КиБ: это не файл настроек", "\(path) is over 64 KiB: this is not a settings file")
        case .inaccessible(let obstacle): inaccessible(.settings, problem.path, obstacle)
        case .notUTF8: choose("\(path): нужен текст в UTF-8", "\(path): must be UTF-8 text")
        }
    }

    func waitingForSettings(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose("жду настройки из канала \(path)…", "waiting for the settings from the pipe \(path)…")
    }

    var noSettings: String {
        choose(
            "файла настроек ещё нет, его создаст chat-tui config --init",
            "there is no settings file yet; chat-tui config --init creates one")
    }

    func settingsExist(_ file: SettingsFile) -> String {
        let path = UntrustedText(file.path)
        let command = "chat-tui config" + (file.isNamed ? " --config \(path)" : "")
        return choose(
            "\(path) уже есть и не изменён; проверить его: \(command)",
            "\(path) already exists and was not changed; to check it: \(command)")
    }

    func settingsNotWritten(_ problem: FileProblem) -> String {
        choose("не удалось записать \(fileProblem(problem))", "cannot write \(fileProblem(problem))")
    }

    func logFile(_ path: String, _ problem: FileProblem) -> String {
        let (path, reason) = (UntrustedText(path), fileProblem(problem))
        return choose(
            "не удалось открыть журнал \(path): укажите другой файл, --log-file (\(reason))",
            "cannot open the log \(path): choose another with --log-file (\(reason))")
    }
}
