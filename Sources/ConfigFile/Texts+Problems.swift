import ChatClient
import ChatUI
import ChatWire

// The sentences about problems in the settings file.

extension Texts {
    /// One sentence for each problem.
    public func problems(_ problems: [ConfigurationProblem], in file: String) -> [String] {
        let file = UntrustedText(file).displayed()
        return problems.map { problem in
            choose("\(file), строка \(problem.line): ", "\(file), line \(problem.line): ") + fault(problem.fault)
        }
    }

    func fault(_ fault: ConfigurationProblem.Fault) -> String {
        switch fault {
        case .syntax(let column):
            let place = column.map { choose(" (столбец \($0))", " (column \($0))") } ?? ""
            return choose(
                "не читается\(place): нужно ключ = \"текст\", ключ = true или [раздел]",
                "cannot be read\(place): it takes key = \"text\", key = true or [table]")
        case .defined: return choose("это уже есть выше в файле", "this is there further up in the file already")
        case .unknown(let key, let nearest):
            let hint = nearest.map { choose(", может быть, \($0)?", ", do you mean \($0)?") } ?? ""
            return choose("нет настройки \(quoted(key))\(hint)", "there is no setting \(quoted(key))\(hint)")
        case .secret(let key):
            return choose(
                "\(quoted(key)) здесь не хранят: положите токен в отдельный файл и укажите token-file",
                "\(quoted(key)) has no place here: put the token into a file of its own and name it by token-file")
        case .wrongType(let key, let type): return "\(quoted(key)): \(expected(type))"
        case .empty(let key):
            return choose(
                "\(quoted(key)): пустое значение, уберите строку", "\(quoted(key)): nothing in it, remove the line")
        case .notOneOf(let key, let value, let choices):
            return choose(
                "\(quoted(key)): \(quoted(value)) не подходит, можно \(list(choices))",
                "\(quoted(key)) does not take \(quoted(value)), but \(list(choices))")
        case .badAddress(let key, let invalid): return "\(quoted(key)): \(address(invalid))"
        case .badUserID(let key):
            return choose(
                "\(quoted(key)): от 1 до 128 символов, без управляющих",
                "\(quoted(key)) takes 1 to 128 characters, none of them a control character")
        case .badCredential(let key): return invalidCredential(quoted(key))
        case .noHome(let key):
            return choose(
                "\(quoted(key)): ~ без переменной HOME ничего не значит",
                "\(quoted(key)): without the variable HOME, ~ means nothing")
        case .otherHome(let key):
            return choose(
                "\(quoted(key)): пишите путь целиком, без ~имени",
                "\(quoted(key)): write the path in full, without ~name")
        case .unknownKeyName(let action, let name):
            return choose(
                "keys.\(action): нет клавиши \(quoted(name)), пишите как Ctrl-A, Alt-Enter, F2, PgUp",
                "keys.\(action): there is no key \(quoted(name)), write it as Ctrl-A, Alt-Enter, F2, PgUp")
        case .keyUsedTwice(let name, let one, let other):
            return choose(
                "клавиша \(name) и у \(quoted(one)), и у \(quoted(other)): оставьте у одного",
                "\(quoted(one)) and \(quoted(other)) have the same key \(name): leave it to one of them")
        case .unknownColor(let key, let value):
            return choose(
                "\(quoted(key)): нет цвета \(quoted(value)), есть red, bright-red, color0…color255, default",
                "\(quoted(key)): no colour is named \(quoted(value)); there are red, bright-red, color0…color255, default"
            )
        }
    }

    /// A warning about two keys that terminals cannot tell apart.
    public func twin(_ twin: KeyBindings.Alias) -> String {
        choose(
            "keys.\(twin.action): \(twin.key) и \(twin.other) для терминала — одна клавиша",
            "keys.\(twin.action): to a terminal \(twin.key) and \(twin.other) are the same key")
    }

    private func expected(_ type: ConfigurationProblem.ValueType) -> String {
        switch type {
        case .text: choose("нужен текст в кавычках", "it takes text in quotes")
        case .flag: choose("нужно true или false, без кавычек", "it takes true or false, without quotes")
        case .table:
            choose(
                "это раздел, он начинается строкой в скобках [ ]",
                "this is a table, it begins with a line in brackets [ ]")
        case .keyNames:
            choose("нужны клавиши: \"F2\" или [\"F2\", \"Ctrl-G\"]", "it takes keys: \"F2\" or [\"F2\", \"Ctrl-G\"]")
        }
    }

    /// For a token or an API key. The value is a secret, so it is not shown.
    public func invalidCredential(_ name: String) -> String {
        choose(
            "\(name): нужна одна строка из латинских букв, цифр и знаков, без пробелов",
            "\(name) takes one line of Latin letters, digits and signs, without blanks")
    }

    /// Why an address cannot be a server's.
    public func address(_ invalid: ServerAddress.Invalid) -> String {
        switch invalid {
        case .malformed:
            choose("нужен адрес вида wss://server.example", "it takes an address such as wss://server.example")
        case .unknownScheme(let scheme):
            choose(
                "схема \(quoted(scheme)) не подходит, нужна ws, wss, http или https",
                "the scheme must be ws, wss, http or https, not \(quoted(scheme))")
        case .holdsCredentials:
            choose(
                "имя и пароль в адресе не нужны, есть token-file", "no user and password belong there: use token-file")
        case .holdsQuery: choose("адрес без «?» и «#»", "no '?' and '#' belong there")
        }
    }

    /// Quotes a value or a key, shortened to what identifies it.
    private func quoted(_ text: String) -> String {
        let safe = UntrustedText(text).displayed()
        let short = safe.count > 40 ? safe.prefix(39) + "…" : safe
        return choose("«\(short)»", "'\(short)'")
    }

    private func list(_ names: [String]) -> String {
        names.dropLast().joined(separator: ", ") + choose(" или ", " or ") + (names.last ?? "")
    }
}
