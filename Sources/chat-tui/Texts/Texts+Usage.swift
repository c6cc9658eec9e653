import ArgumentParser
import ChatUI
import ChatWire

// The texts of `--help`, and errors in flags that ArgumentParser finds.

extension ArgumentHelp {
    /// The help of an option, in the language of the interface. ArgumentParser asks for it before it parses the flags.
    static func of(_ option: DescribedOption) -> ArgumentHelp {
        let texts = Texts.ofArguments
        return ArgumentHelp(texts.help(for: option), valueName: texts.valueName(of: option))
    }
}

/// The flags and arguments that `--help` describes.
enum DescribedOption {
    case user, seller, name, sellerName, product, productID, plain
    case url, token, tokenFile, apikey, caFile
    case profile, lang, config, dataDir, logFile
    case to, with, onlyWith, json, timeout, text, since, limit, words, initFlag
    case project, email, method, noBrowser, jsonObject
}

/// The program itself, and its commands.
enum DescribedCommand {
    case program, logIn, logOut, whoAmI, send, tail, export, search, localServer, config
}

extension Texts {
    func help(for option: DescribedOption) -> String {
        switch option {
        case .user: choose("Кто вы.", "Who you are.")
        case .seller:
            choose(
                "Собеседник: ID продавца или, если продаёте вы, ID покупателя. Без него — список всех бесед.",
                "The other person: the seller's ID or, if you sell, the buyer's. Without it, the list of conversations."
            )
        case .name:
            choose(
                "Ваше имя: его видят другие, если сервер не требует токен.",
                "Your own name. Others see it if the server requires no token.")
        case .sellerName: choose("Имя собеседника для заголовка.", "The other person's name, shown in the header.")
        case .product:
            choose("Название товара, о котором пойдёт речь.", "The title of the product that you write about.")
        case .productID:
            choose(
                "ID товара. По нему сайт называет товар, цену и продавца, и --seller не нужен.",
                "The product's ID. The marketplace knows its title, price and seller by it, so --seller is not needed.")
        case .plain:
            choose(
                "Строки вместо экрана: для программ экранного доступа, журналов и конвейеров.",
                "Lines instead of a screen, for screen readers, logs and pipes.")
        case .url:
            choose(
                "Сервер: ws://, wss://, http:// или https://. (по умолчанию: после входа — сервер самого проекта, "
                    + "иначе ваш локальный; CHAT_TUI_URL)",
                "The server: ws://, wss://, http:// or https://. (default: after a log-in the project's own server, "
                    + "otherwise your local one; CHAT_TUI_URL)")
        case .token:
            choose(
                "Токен, который доказывает, кто вы. Его видно в `ps`: лучше --token-file или CHAT_TUI_TOKEN.",
                "A token that proves who you are. Others can see it in `ps`: prefer --token-file or CHAT_TUI_TOKEN."
            )
        case .tokenFile:
            choose(
                "Файл с токеном, читается заново при каждом подключении.",
                "A file with the token, re-read for each connection.")
        case .apikey:
            choose(
                "Ключ API облачного сервера, для заголовка `apikey`. (CHAT_TUI_APIKEY)",
                "The API key of a hosted server, for the header `apikey`. (CHAT_TUI_APIKEY)")
        case .caFile:
            choose(
                "Файл с сертификатами дополнительных удостоверяющих центров (PEM).",
                "A file with certificates of additional authorities to trust (PEM).")
        case .profile:
            choose(
                "Профиль: другая учётная запись со своей историей, [profiles.ИМЯ] в настройках.",
                "The profile: another account with its own history, [profiles.NAME] in the settings.")
        case .lang:
            choose(
                "Язык: ru или en. (по умолчанию: ru; CHAT_TUI_LANG)",
                "The language: ru or en. (default: ru; CHAT_TUI_LANG)")
        case .config:
            choose(
                "Файл настроек. (по умолчанию: $XDG_CONFIG_HOME/chat-tui/config.toml)",
                "The settings file. (default: $XDG_CONFIG_HOME/chat-tui/config.toml)")
        case .dataDir:
            choose(
                "Папка с историей, черновиками и неотправленным. (по умолчанию: $XDG_DATA_HOME/chat-tui)",
                "The folder with history, drafts and unsent messages. (default: $XDG_DATA_HOME/chat-tui)")
        case .logFile:
            choose(
                "Файл журнала. (по умолчанию: $XDG_STATE_HOME/chat-tui/chat-tui.log)",
                "The log file. (default: $XDG_STATE_HOME/chat-tui/chat-tui.log)")
        case .to: choose("Кому.", "To whom.")
        case .with: choose("Собеседник.", "The other person in the conversation.")
        case .onlyWith: choose("Только переписка с этим человеком.", "Only the conversation with this user.")
        case .json: choose("Печатать каждое сообщение строкой JSON.", "Print each message as a line of JSON.")
        case .timeout: choose("Сколько секунд ждать сервер.", "How many seconds to wait for the server.")
        case .text:
            choose(
                "Сообщение. С `-` или без него сообщение берётся из стандартного ввода.",
                "The message. With `-`, or without it, the message is read from standard input.")
        case .since:
            choose(
                "Сначала напечатать всё, что пришло после сообщения с таким cursor. (0 — всё)",
                "First print everything that came after the message with this cursor. (0: everything)")
        case .limit: choose("Напечатать не больше стольких сообщений.", "Print no more than this many messages.")
        case .words:
            choose("Слова, которые нужно найти. Их можно не дописывать.", "Words to find. Their beginnings are enough.")
        case .project:
            choose(
                "Проект Supabase, адрес или ID. Без ключа берётся из настроек, иначе спросит.",
                "The Supabase project, its address or ID. Without it, that of the settings, or it asks.")
        case .email:
            choose("Адрес электронной почты учётной записи.", "The e-mail address of the account.")
        case .method:
            choose(
                "Как войти: код из письма, пароль или браузер.",
                "How to log in: a code by e-mail, a password, or the browser.")
        case .noBrowser:
            choose("Не открывать браузер, а напечатать адрес.", "Print the address instead of opening a browser.")
        case .jsonObject: choose("Напечатать один объект JSON.", "Print one JSON object.")
        case .initFlag:
            choose(
                "Создать файл, в котором объяснена каждая настройка.", "Create a file that explains every setting.")
        }
    }
}

// MARK: - Values

extension Texts {
    /// What `--help` calls the value of an option or an argument. Nil for a flag without a value.
    func valueName(of option: DescribedOption) -> String? {
        switch option {
        case .user, .seller, .to, .with, .onlyWith, .productID: "ID"
        case .name, .sellerName, .profile: choose("имя", "name")
        case .product: choose("название", "title")
        case .url: choose("адрес", "url")
        case .token: choose("токен", "token")
        case .apikey: choose("ключ", "key")
        case .tokenFile, .caFile, .config, .logFile: choose("файл", "file")
        case .dataDir: choose("папка", "folder")
        case .lang: Self.languages
        case .timeout: choose("секунды", "seconds")
        case .since: choose("число", "cursor")
        case .limit: choose("число", "number")
        case .text: choose("текст", "text")
        case .words: choose("слова", "words")
        case .project: choose("адрес", "url")
        case .email: choose("адрес", "address")
        case .method: "code|password|browser"
        case .plain, .json, .initFlag, .noBrowser, .jsonObject: nil
        }
    }

    private static let languages = Language.allCases.map(\.rawValue).joined(separator: "|")

    /// - Parameter place: The flag or the variable that names an unknown language.
    func badLanguage(_ name: String, in place: String) -> String {
        let name = UntrustedText(name.count > 20 ? name.prefix(19) + "…" : name)
        return choose(
            "\(place): языка «\(name)» нет, есть \(languages(" и "))",
            "\(place) cannot be '\(name)'; use \(languages(" or "))")
    }

    private func languages(_ separator: String) -> String {
        Language.allCases.map(\.rawValue).joined(separator: separator)
    }

    var badHeartbeat: String {
        choose("--heartbeat-seconds: число от 1 до 25", "--heartbeat-seconds must be a number from 1 to 25")
    }
}

// MARK: - Commands

extension Texts {
    func abstract(of command: DescribedCommand) -> String {
        switch command {
        case .program: choose("Переписка о товаре в терминале.", "A conversation about a product, in a terminal.")
        case .logIn:
            choose(
                "Входит в учётную запись маркетплейса и запоминает вход.",
                "Log in to an account of a marketplace, and stay logged in.")
        case .logOut: choose("Завершает сеанс здесь и на сервисе.", "End the session, here and at the service.")
        case .whoAmI:
            choose("Печатает, кто вошёл, куда и до какого времени.", "Print who is logged in, where, and until when.")
        case .send:
            choose(
                "Отправляет сообщение и ждёт, пока сервер его сохранит.",
                "Send a message and wait until the server has stored it.")
        case .tail:
            choose(
                "Печатает новые сообщения пользователя, каждое отдельной строкой, пока программу не остановят.",
                "Print the user's messages as they arrive, one per line, until the program is stopped.")
        case .export:
            choose(
                "Печатает переписку, сохранённую на этом компьютере, от старых сообщений к новым.",
                "Print a conversation as stored on this machine, oldest message first.")
        case .search:
            choose(
                "Ищет слова во всех беседах на этом компьютере, сначала новые сообщения.",
                "Search all conversations on this machine for words, newest message first.")
        case .localServer:
            choose("Сервер, который запускает сам chat-tui.", "The server that chat-tui itself starts.")
        case .config: choose("Проверяет файл настроек или создаёт его.", "Check the settings file or create it.")
        }
    }

    func discussion(of command: DescribedCommand) -> String {
        switch command {
        case .program:
            choose(
                """
                Войти в учётную запись маркетплейса: `chat-tui login`. \
                Без входа и --url используется локальный сервер текущего пользователя; если он не работает, chat-tui его запустит. \
                Чтобы начать переписку, введите `chat-tui --user anna --seller ivan` в одном терминале и \
                `chat-tui --user ivan --seller anna` в другом. F1 показывает клавиши. Без терминала работают --plain и \
                команды ниже.

                Чтобы клавиша Tab дополняла ключи, их значения и файлы, добавьте в ~/.bashrc строку
                source <(chat-tui --generate-completion-script bash)
                В zsh и fish: chat-tui --generate-completion-script zsh (или fish) печатает файл для них.
                """,
                """
                To log in to an account of a marketplace, use `chat-tui login`. Without a log-in and --url it uses the current user's local \
                server, and starts it if it is not running. To begin a conversation, type `chat-tui --user anna --seller ivan` in one terminal and \
                `chat-tui --user ivan --seller anna` in another. F1 shows the keys. Without a terminal, use --plain or \
                the commands below.

                To let the Tab key complete flags, their values and files, add this line to ~/.bashrc:
                source <(chat-tui --generate-completion-script bash)
                For zsh and fish, chat-tui --generate-completion-script zsh (or fish) prints the file that they read.
                """)
        case .logIn:
            choose(
                """
                Спрашивает всё, чего нет в ключах и настройках. После входа достаточно `chat-tui` или `chat-tui --seller ID`: \
                пользователь, имя и сервер берутся из входа. Вход хранится в файле, который читаете только вы, или в связке \
                ключей. Коды выхода: 0 вход выполнен; 64 неверные параметры; 69 сервис недоступен; 77 сервис отказал; \
                130 прервано.
                """,
                """
                It asks for what flags and settings do not say. After that, `chat-tui` or `chat-tui --seller ID` is enough: \
                the log-in has the user, the name and the server. It is kept in a file that only you can read, or in the \
                keyring. Exit codes: 0 logged in; 64 wrong usage; 69 the service cannot be reached; 77 it refused; \
                130 interrupted.
                """)
        case .logOut:
            choose(
                """
                История на этом компьютере остаётся. Коды выхода: 0 сеанс завершён; 66 никто не вошёл; 69 сервис недоступен, \
                сеанс завершён только здесь.
                """,
                """
                The history on this machine stays. Exit codes: 0 the session has ended; 66 nobody is logged in; 69 the \
                service cannot be reached, so the session has ended here only.
                """)
        case .whoAmI:
            choose(
                """
                К сервису не обращается. Коды выхода: 0 вход есть; 66 никто не вошёл; 77 сеанс завершён, нужно войти снова.
                """,
                """
                It does not contact the service. Exit codes: 0 logged in; 66 nobody is logged in; 77 the session is over, so \
                log in again.
                """)
        case .send:
            choose(
                """
                Печатает ID сообщения. Коды выхода: 0 сохранено; 64 неверные параметры; 65 такое сообщение нельзя \
                отправить; 69 сервер недоступен или не ответил вовремя; 77 сервер отказал; 130 прервано.
                """,
                """
                Prints the message's ID. Exit codes: 0 stored; 64 wrong usage; 65 such a message cannot be sent; \
                69 the server cannot be reached or did not answer in time; 77 the server refused; 130 interrupted.
                """)
        case .tail:
            choose(
                """
                Даже после обрывов связи каждое сообщение печатается один раз и по порядку. Чтобы продолжить с того же \
                места, сохраните cursor последнего сообщения из вывода с --json и передайте его ключом --since.
                """,
                """
                Each message is printed once and in order, even if the connection breaks. To continue from the same place, \
                keep the cursor of the last message that --json printed, and pass it with --since.
                """)
        case .export:
            choose(
                """
                К серверу не обращается; если часть переписки ещё не на этом компьютере, сообщает об этом. Коды выхода: \
                0 напечатано; 66 такой переписки здесь нет; 74 историю не удалось прочитать.
                """,
                """
                It does not contact the server, and says so if a part of the conversation is not on this machine yet. Exit \
                codes: 0 printed; 66 there is no such conversation here; 74 the history cannot be read.
                """
            )
        case .search:
            choose(
                """
                Находит сообщения, в которых есть все эти слова, в любом порядке и в любой форме. К серверу не обращается; \
                если часть истории ещё не на этом компьютере, сообщает об этом. Коды выхода: 0 найдено; 1 не найдено; \
                64 неверные параметры; 66 здесь нет истории; 74 её не удалось прочитать.
                """,
                """
                Finds the messages that have all these words, in any order; Russian words in any form. It does not contact \
                the server, and says so if a part of the history is not on this machine yet. Exit codes: 0 found; \
                1 nothing found; 64 wrong usage; 66 there is no history here; 74 it cannot be read.
                """)
        case .config:
            choose(
                """
                Печатает путь к файлу настроек и ошибки в нём. С --init создаёт файл, в котором объяснена каждая настройка; \
                существующий файл не меняет. Коды выхода: 0 файл верен или создан; 64 в файле ошибки; 73 файл уже есть или его \
                нельзя создать.
                """,
                """
                Prints the file's path and the errors in it. With --init it creates a file that explains every setting; \
                an existing file is not changed. Exit codes: 0 the file is right, or was created; 64 it has errors; 73 it \
                already exists, or cannot be created.
                """)
        case .localServer: ""
        }
    }
}

// MARK: - How commands are called

extension Texts {
    /// The line after `USAGE`. Empty where ArgumentParser makes it.
    func usage(of command: DescribedCommand) -> String {
        switch command {
        case .program, .localServer: ""
        case .logIn:
            "chat-tui login "
                + choose(
                    "[--project АДРЕС] [--apikey КЛЮЧ] [--email АДРЕС] [--method code|password|browser] [--no-browser] "
                        + "[--profile ИМЯ]",
                    "[--project URL] [--apikey KEY] [--email ADDRESS] [--method code|password|browser] [--no-browser] "
                        + "[--profile NAME]")
        case .logOut: "chat-tui logout " + choose("[--profile ИМЯ]", "[--profile NAME]")
        case .whoAmI: "chat-tui whoami [--json] " + choose("[--profile ИМЯ]", "[--profile NAME]")
        case .send:
            "chat-tui send --user ID --to ID "
                + choose(
                    "[--product НАЗВАНИЕ] [--product-id ID] [--json] [--timeout СЕКУНДЫ] [ТЕКСТ | -]",
                    "[--product TITLE] [--product-id ID] [--json] [--timeout SECONDS] [TEXT | -]")
        case .tail:
            "chat-tui tail --user ID "
                + choose("[--with ID] [--json] [--since ЧИСЛО]", "[--with ID] [--json] [--since CURSOR]")
        case .export: "chat-tui export --user ID --with ID [--json]"
        case .search:
            "chat-tui search --user ID "
                + choose("[--json] [--limit ЧИСЛО] СЛОВА", "[--json] [--limit NUMBER] WORDS")
        case .config:
            "chat-tui config [--init] " + choose("[--config ФАЙЛ] [--lang ru|en]", "[--config FILE] [--lang ru|en]")
        }
    }
}

// MARK: - ArgumentParser's texts

extension Texts {
    /// Replaces ArgumentParser's English words in its help.
    func translatedHelp(_ help: String) -> String {
        guard language == .russian else { return help }
        let words = [
            ("OVERVIEW: ", ""), ("USAGE: ", "ИСПОЛЬЗОВАНИЕ: "), ("OPTIONS:", "КЛЮЧИ:"), ("ARGUMENTS:", "АРГУМЕНТЫ:"),
            ("SUBCOMMANDS:", "КОМАНДЫ:"), ("Show the version.", "Версия."), ("Show help information.", "Эта справка."),
            ("(default: ", "(по умолчанию: "), ("<subcommand>", "<команда>"), ("<options>", "<ключи>"),
            ("  See '", "  Подробнее: '"), ("' for detailed help.", "'"),
        ]
        return words.reduce(help) { $0.replacing($1.0, with: $1.1) }
    }

    /// Explains why the flags could not be parsed. ArgumentParser reports it only as an English text.
    func usageProblem(_ message: String, of call: CommandCall) -> String {
        // A message that begins with the flag or the variable is this program's own. Any other is English.
        let isClear = language == .english || message.hasPrefix("--") || message.hasPrefix("CHAT_TUI_")
        return withHelp(translatedProblem(message, of: call) ?? (isClear ? message : "неверные параметры"), of: call)
    }

    func noCommand(_ name: String, of call: CommandCall) -> String { withHelp(noCommand(name), of: call) }

    private func withHelp(_ problem: String, of call: CommandCall) -> String {
        let help = "\(call.name) --help"
        return problem.hasSuffix("?")
            ? problem + choose(" Справка: ", " See ") + help
            : problem + choose("; справка: ", "; see ") + help
    }

    private func noCommand(_ name: String) -> String {
        choose("неизвестная команда \(name)", "unknown command \(name)")
            + orMeant(Nearest.name(to: name, among: CommandCall.commands))
    }

    private func orMeant(_ nearest: String?) -> String {
        nearest.map { choose("; может быть, \($0)?", "; did you mean \($0)?") } ?? ""
    }

    func unknownOption(_ argument: String, of call: CommandCall) -> String {
        withHelp(unknownOption(argument, call), of: call)
    }

    private func unknownOption(_ argument: String, _ call: CommandCall) -> String {
        // ArgumentParser would suggest flags that this command does not accept.
        let nearest = Nearest.name(to: argument, among: call.flags)
        let problem = choose("неизвестный ключ \(argument)", "unknown option \(argument)") + orMeant(nearest)
        // It may also be a text that begins with a dash.
        guard call.takesDashes, nearest == nil else { return problem }
        return problem
            + choose("; текст, который начинается с -, пишите после --", "; put -- before a text that begins with -")
    }

    private func translatedProblem(_ message: String, of call: CommandCall) -> String? {
        if let match = message.wholeMatch(of: /Unknown option '(.*?)'(?:\. Did you mean '.*'\?)?/) {
            return unknownOption(String(match.1), call)
        }
        if let match = message.wholeMatch(of: /Missing value for '(\S+).*'(?s:.*)/) {
            return choose("после \(match.1) нужно значение", "\(match.1) needs a value")
        }
        if let match = message.wholeMatch(of: /The option '(.*?)' does not take any value, but '.*' was specified\./) {
            return choose("\(match.1) указывают без значения", "\(match.1) takes no value")
        }
        if let match = message.wholeMatch(of: /(?s)(?:Unexpected argument|\d+ unexpected arguments:) (.*)/) {
            let first = match.1.firstMatch(of: /'(.*?)'/)?.1 ?? ""
            if call.mayBeCommand(first) { return noCommand(String(first)) }
            let words = match.1.replacing(/'(.*?)'/) { choose("«\($0.1)»", "'\($0.1)'") }
            let problem =
                message.hasPrefix("Unexpected argument")
                ? choose("лишний аргумент \(words)", "unexpected argument \(words)")
                : choose("лишние аргументы \(words)", "unexpected arguments \(words)")
            guard call.takesText else { return problem }
            return problem + choose("; текст с пробелами берите в кавычки", "; put a text with spaces in quotes")
        }
        if let match = message.wholeMatch(of: /(?s)The value '(.*)' is invalid for '(\S+).*'.*/) {
            return choose("\(match.2): «\(match.1)» — не число", "\(match.2): '\(match.1)' is not a number")
        }
        return nil
    }
}
