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

    var localServerByHand: String {
        choose(
            "local-server запускает только сам chat-tui; свой сервер запускают командой chat-server",
            "only chat-tui itself runs local-server; to run a server, use chat-server")
    }

    func relativePath(_ flag: String) -> String {
        choose("\(flag): укажите путь целиком, от /", "\(flag): give the whole path, from / on")
    }

    var userMissing: String { choose("укажите, кто вы: --user ID", "say who you are: --user ID") }

    func badUserID(_ flag: String) -> String {
        choose(
            "\(flag): от 1 до 128 символов, без управляющих, не одни пробелы",
            "\(flag) takes 1 to 128 characters, no control characters, and not only spaces")
    }

    var sellerMissing: String {
        choose(
            "о товаре говорят с кем-то: укажите собеседника, --seller ID",
            "--product, --product-id and --seller-name need a person to talk to: --seller ID")
    }

    var plainNeedsSeller: String {
        choose(
            "--plain показывает одну беседу: укажите собеседника, --seller ID",
            "--plain shows one conversation: --seller ID")
    }

    func samePerson(_ flag: String) -> String {
        choose("--user и \(flag) должны быть разными людьми", "--user and \(flag) must be two people")
    }

    var tokenInTheOpen: String {
        choose(
            "токен по незашифрованному адресу прочли бы по пути: используйте wss:// или https://",
            "on the way to an unencrypted address others could read the token: use wss:// or https://")
    }

    var twoTokens: String {
        choose("укажите либо --token, либо --token-file", "give either --token or --token-file")
    }

    func unreadableSettings(_ problem: SettingsFile.Unreadable) -> String {
        let path = UntrustedText(problem.path)
        return switch problem.reason {
        case .missing: choose("нет файла настроек \(path)", "there is no settings file \(path)")
        case .unreadable: choose("не могу прочесть настройки \(path)", "cannot read the settings \(path)")
        case .silent:
            choose(
                "настройки не дочитаны: в канал \(path) за 5 секунд никто не написал всё до конца",
                "the settings are not complete: nobody wrote all of them to the pipe \(path) within 5 seconds")
        case .tooLarge:
            choose("в \(path) больше 64 КиБ: это не настройки", "\(path) is over 64 KiB: these are no settings")
        case .notUTF8: choose("\(path): нужен текст в UTF-8", "\(path): it takes text in UTF-8")
        }
    }

    func waitingForSettings(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose("жду настройки из канала \(path)…", "waiting for the settings from the pipe \(path)…")
    }

    var noSettings: String {
        choose(
            "файла настроек ещё нет, его напишет chat-tui config --init",
            "there is no settings file yet, chat-tui config --init writes one")
    }

    func settingsExist(_ file: SettingsFile) -> String {
        let path = UntrustedText(file.path)
        let command = "chat-tui config" + (file.isNamed ? " --config \(path)" : "")
        return choose(
            "\(path) уже есть и остаётся прежним; проверить его: \(command)",
            "\(path) is there already and stays as it is; to check it: \(command)")
    }

    func settingsNotWritten(_ problem: FileProblem) -> String {
        choose("не могу записать \(fileProblem(problem))", "cannot write \(fileProblem(problem))")
    }

    func logFile(_ path: String, _ problem: FileProblem) -> String {
        let (path, reason) = (UntrustedText(path), fileProblem(problem))
        return choose(
            "не могу писать журнал \(path): укажите другой файл, --log-file (\(reason))",
            "cannot write the log \(path): choose another with --log-file (\(reason))")
    }
}
