import ArgumentParser
import ChatUI
import ChatWire

// The texts of `--help`, and errors in flags that ArgumentParser finds.

extension ArgumentHelp {
    /// The help of an option, in the language of the interface. ArgumentParser asks for it before it parses the flags.
    static func of(_ option: DescribedOption) -> ArgumentHelp { ArgumentHelp(Texts.ofArguments.help(for: option)) }
}

/// The flags and arguments that `--help` describes.
enum DescribedOption {
    case user, seller, name, sellerName, product, productID, plain
    case url, token, tokenFile, apikey, caFile
    case lang, config, dataDir, logFile
    case to, with, onlyWith, json, timeout, text, since, initFlag
}

/// The program itself, and its commands.
enum DescribedCommand {
    case program, send, tail, export, localServer, config
}

extension Texts {
    func help(for option: DescribedOption) -> String {
        switch option {
        case .user: choose("Кто вы.", "Who you are.")
        case .seller:
            choose(
                "С кем вы говорите: id продавца, а если продаёте вы, то покупателя. Без него — список всех бесед.",
                "With whom you talk: the seller's id, or the buyer's if you sell. Without it, all conversations are listed."
            )
        case .name:
            choose(
                "Ваше имя: его видят другие, если сервер не спрашивает токенов.",
                "Your own name, which others see where the server asks for no tokens.")
        case .sellerName: choose("Имя собеседника для заголовка.", "The other's name, shown in the header.")
        case .product: choose("О чём вы говорите.", "What you talk about.")
        case .productID: choose("Номер товара.", "The product's id.")
        case .plain:
            choose(
                "Строки вместо экрана: для экранных дикторов, журналов и каналов.",
                "Lines instead of a screen, for screen readers, logs and pipes.")
        case .url:
            choose(
                "Сервер: ws://, wss://, http:// или https://. (без него — свой сервер пользователя; CHAT_TUI_URL)",
                "The server: ws://, wss://, http:// or https://. (default: this user's own server; CHAT_TUI_URL)")
        case .token:
            choose(
                "Токен, который доказывает, кто вы. Его видно в `ps`: лучше --token-file или CHAT_TUI_TOKEN.",
                "A token that proves who you are. Others can see it in `ps`: rather use --token-file or CHAT_TUI_TOKEN."
            )
        case .tokenFile:
            choose(
                "Файл с токеном, читается заново при каждом подключении.",
                "A file with the token, read anew for each connection.")
        case .apikey:
            choose(
                "Ключ размещённого сервера для заголовка `apikey`. (CHAT_TUI_APIKEY)",
                "The key that a hosted server asks for in the header `apikey`. (CHAT_TUI_APIKEY)")
        case .caFile:
            choose(
                "Файл с сертификатами других центров, которым верить (PEM).",
                "A file with certificates of further authorities to trust (PEM).")
        case .lang: choose("ru или en. (без него — ru; CHAT_TUI_LANG)", "ru or en. (default: ru; CHAT_TUI_LANG)")
        case .config:
            choose(
                "Файл настроек. (без него — $XDG_CONFIG_HOME/chat-tui/config.toml)",
                "The settings file. (default: $XDG_CONFIG_HOME/chat-tui/config.toml)")
        case .dataDir:
            choose(
                "История, черновики и неотправленное. (без него — $XDG_DATA_HOME/chat-tui)",
                "History, drafts and unsent messages. (default: $XDG_DATA_HOME/chat-tui)")
        case .logFile:
            choose(
                "Журнал. (без него — $XDG_STATE_HOME/chat-tui/chat-tui.log)",
                "The log. (default: $XDG_STATE_HOME/chat-tui/chat-tui.log)")
        case .to: choose("Кому.", "To whom.")
        case .with: choose("Собеседник.", "The conversation's other side.")
        case .onlyWith: choose("Только переписка с этим человеком.", "Only what was written with this user.")
        case .json: choose("Каждое сообщение строкой JSON.", "Print each message as a line of JSON.")
        case .timeout: choose("Сколько секунд это может занять.", "How many seconds it may take.")
        case .text:
            choose(
                "Сообщение. `-` или ничего: сообщение — на стандартном вводе.",
                "The message. `-`, or nothing: standard input is the message.")
        case .since:
            choose(
                "Сначала всё, что пришло после этого места. (0 — всё)",
                "Print all that came after this cursor first. (0: all)")
        case .initFlag:
            choose(
                "Записать файл, в котором объяснена каждая настройка.", "Write the file, with every setting explained.")
        }
    }
}

// MARK: - Values

extension Texts {
    /// The message about an unknown language, in both languages.
    static let badLanguage =
        "--lang: " + [Language.russian, .english].map { Texts($0).languages }.joined(separator: " / ")

    private var languages: String { choose("ru или en", "ru or en") }

    var badHeartbeat: String {
        choose("--heartbeat-seconds: число от 1 до 25", "--heartbeat-seconds takes a number from 1 to 25")
    }
}

// MARK: - Commands

extension Texts {
    func abstract(of command: DescribedCommand) -> String {
        switch command {
        case .program: choose("Переписка о товаре в терминале.", "A conversation about a product, in a terminal.")
        case .send:
            choose(
                "Отправляет сообщение и ждёт, пока сервер его сохранит.",
                "Sends a message, and ends when the server has stored it.")
        case .tail:
            choose(
                "Печатает сообщения пользователя по мере прихода, построчно, пока не остановят.",
                "Prints the user's messages as they come, a line each, until it is stopped.")
        case .export:
            choose(
                "Печатает переписку с этого компьютера, от старых к новым.",
                "Prints the history of a conversation that is on this machine, oldest first.")
        case .localServer:
            choose("Сервер, который запускает сам chat-tui.", "The server that chat-tui itself starts.")
        case .config: choose("Проверяет файл настроек или создаёт его.", "Checks the settings file, or writes one.")
        }
    }

    func discussion(of command: DescribedCommand) -> String {
        switch command {
        case .program:
            choose(
                """
                Без --url берётся свой сервер этого пользователя, а если он не запущен, то запускается: \
                `chat-tui --user anna --seller ivan` в одном терминале и `chat-tui --user ivan --seller anna` в другом \
                — уже переписка. F1 показывает клавиши. Без терминала есть --plain и команды ниже.
                """,
                """
                Without --url it uses this user's own server, and starts one where none runs: \
                `chat-tui --user anna --seller ivan` in one terminal and `chat-tui --user ivan --seller anna` in another \
                are a conversation. F1 shows the keys. Without a terminal there are --plain and the commands below.
                """)
        case .send:
            choose(
                """
                Печатает номер сообщения. Коды выхода: 0 сохранено; 64 неверный вызов; 65 такое сообщение не отправить; \
                69 сервера нет или он не ответил вовремя; 77 сервер отказал; 130 прервано.
                """,
                """
                Prints the message's id. Exit codes: 0 it is stored; 64 wrong usage; 65 such a message cannot be sent; \
                69 no server, or no answer in time; 77 the server refuses; 130 interrupted.
                """)
        case .tail:
            choose(
                """
                И после обрывов каждое сообщение приходит один раз и по порядку. Сценарий, который запомнил cursor \
                последнего сообщения из --json, продолжает с него ключом --since.
                """,
                """
                Through interruptions each message comes once and in order. A script that has --json's cursor of the last \
                message that it took goes on from there with --since.
                """)
        case .export:
            choose(
                "К серверу не обращается. Если переписки здесь нет, сообщает об этом и завершается с кодом 0.",
                "It asks no server. Where there is no history it says so, and ends with 0.")
        case .config:
            choose(
                "Печатает путь к файлу настроек и что в нём не так. С --init пишет файл, где объяснена каждая настройка, если его нет.",
                """
                Prints the file's path, and what is wrong in it. With --init it writes a file with every setting \
                explained, where there is none.
                """)
        case .localServer: ""
        }
    }
}

// MARK: - ArgumentParser's texts

extension Texts {
    /// Replaces ArgumentParser's English words in its help.
    func translatedHelp(_ help: String) -> String {
        guard language == .russian else { return help }
        let words = [
            ("OVERVIEW: ", ""), ("USAGE: ", "ВЫЗОВ: "), ("OPTIONS:", "КЛЮЧИ:"), ("ARGUMENTS:", "АРГУМЕНТЫ:"),
            ("SUBCOMMANDS:", "КОМАНДЫ:"), ("Show the version.", "Версия."), ("Show help information.", "Эта справка."),
            ("(default: ", "(без него — "), ("<subcommand>", "<команда>"), ("<options>", "<ключи>"),
            ("  See '", "  Подробнее: '"), ("' for detailed help.", "'"),
        ]
        return words.reduce(help) { $0.replacing($1.0, with: $1.1) }
    }

    /// Explains why the flags could not be parsed. ArgumentParser reports it only as an English text.
    func usageProblem(_ message: String, of call: CommandCall) -> String {
        // A message that begins with the flag is this program's own.
        let isClear = language == .english || message.hasPrefix("--")
        let problem = translatedProblem(message, of: call) ?? (isClear ? message : "неверный вызов: \(message)")
        return withHelp(problem, of: call)
    }

    func noCommand(_ name: String, of call: CommandCall) -> String { withHelp(noCommand(name), of: call) }

    private func withHelp(_ problem: String, of call: CommandCall) -> String {
        let help = "\(call.name) --help"
        return problem.hasSuffix("?")
            ? problem + choose(" Ключи: ", " The options: ") + help
            : problem + choose("; ключи: ", "; the options: ") + help
    }

    private func noCommand(_ name: String) -> String {
        choose("нет команды \(name)", "there is no command \(name)")
            + orMeant(Nearest.name(to: name, among: CommandCall.commands))
    }

    private func orMeant(_ nearest: String?) -> String {
        nearest.map { choose(", может быть, \($0)?", ", do you mean \($0)?") } ?? ""
    }

    private func translatedProblem(_ message: String, of call: CommandCall) -> String? {
        if let match = message.wholeMatch(of: /Unknown option '(.*?)'(?:\. Did you mean '.*'\?)?/) {
            // ArgumentParser would suggest flags that this command does not accept.
            let nearest = Nearest.name(to: String(match.1), among: call.flags)
            let problem = choose("нет ключа \(match.1)", "there is no option \(match.1)") + orMeant(nearest)
            // It may also be a text that begins with a dash.
            guard call.takesText, nearest == nil else { return problem }
            return problem
                + choose("; текст с чертой в начале пишут после --", "; a text that begins with a dash goes behind --")
        }
        if let match = message.wholeMatch(of: /Missing value for '(\S+).*'(?s:.*)/) {
            return choose("после \(match.1) нужно значение", "\(match.1) needs a value")
        }
        if let match = message.wholeMatch(of: /The option '(.*?)' does not take any value, but '.*' was specified\./) {
            return choose("\(match.1) пишут без значения", "\(match.1) takes no value")
        }
        if let match = message.wholeMatch(of: /(?s)(?:Unexpected argument|\d+ unexpected arguments:) (.*)/) {
            let first = match.1.firstMatch(of: /'(.*?)'/)?.1 ?? ""
            if call.mayBeCommand(first) { return noCommand(String(first)) }
            let words = match.1.replacing(/'(.*?)'/) { choose("«\($0.1)»", "'\($0.1)'") }
            return choose("лишнее: \(words)", "nothing of this is expected here: \(words)")
        }
        if let match = message.wholeMatch(of: /(?s)The value '(.*)' is invalid for '(\S+).*'.*/) {
            return choose("\(match.2): \(match.1) не подходит", "\(match.2) does not take \(match.1)")
        }
        return nil
    }
}
