import ChatClient
import ChatUI
import ChatWire
import Supabase

// The sentences about problems in the settings file.

extension Texts {
    /// One sentence for each problem.
    public func problems(_ problems: [ConfigurationProblem], in file: String) -> [String] {
        let file = UntrustedText(file).displayed()
        return problems.map { problem in
            choose("\(file), строка \(problem.line): ", "\(file), line \(problem.line): ") + fault(problem.fault)
        }
    }

    /// Where a setting stands, to begin a sentence about its value.
    public func place(of key: String, line: Int, in file: String) -> String {
        let file = UntrustedText(file)
        return choose("\(file), строка \(line): \(quoted(key))", "\(file), line \(line): \(quoted(key))")
    }

    func fault(_ fault: ConfigurationProblem.Fault) -> String {
        switch fault {
        case .syntax(let column):
            let place = column.map { choose(" (столбец \($0))", " (column \($0))") } ?? ""
            return choose(
                "не удаётся прочитать\(place): нужно ключ = \"текст\", ключ = true или [раздел]",
                "cannot be read\(place): expected key = \"text\", key = true or [table]")
        case .defined: return choose("уже задано выше", "already set above")
        case .unknown(let key, let nearest):
            let hint = nearest.map { choose("; может быть, \($0)?", "; did you mean \($0)?") } ?? ""
            return choose("неизвестная настройка \(quoted(key))\(hint)", "unknown setting \(quoted(key))\(hint)")
        case .unknownTable(let name):
            let names = list(Setting.Table.allCases.map { "[\($0.rawValue)]" })
            return choose(
                "нет раздела \(quoted(name)), разделы называются \(names)",
                "there is no table \(quoted(name)); use \(names)")
        case .secret(let key):
            return choose(
                "\(quoted(key)) здесь не хранят: положите токен в отдельный файл и укажите token-file",
                "\(quoted(key)) does not belong here: put the token into its own file and set token-file")
        case .wrongType(let key, let type): return "\(quoted(key)): \(expected(type))"
        case .empty(let key):
            return choose(
                "\(quoted(key)): значение пустое, уберите строку", "\(quoted(key)): empty value; remove the line")
        case .notOneOf(let key, let value, let choices):
            return choose(
                "\(quoted(key)): \(quoted(value)) не подходит, нужно \(list(choices))",
                "\(quoted(key)) cannot be \(quoted(value)); use \(list(choices))")
        case .badAddress(let key, let invalid): return "\(quoted(key)): \(address(invalid))"
        case .badUserID(let key):
            return choose(
                "\(quoted(key)): от 1 до 128 символов, кроме управляющих, и не одни пробелы",
                "\(quoted(key)) must have 1 to 128 characters, no control characters, and not only spaces")
        case .badProject(let key, let invalid): return "\(quoted(key)): \(projectAddress(invalid))"
        case .badEmail(let key):
            return choose(
                "\(quoted(key)): нужен адрес вида anna@mail.example",
                "\(quoted(key)) must be an address such as anna@mail.example")
        case .badProfileName(let name):
            return choose(
                "имя профиля \(quoted(name)): нужны латинские буквы, цифры, - и _, не больше 64",
                "the profile's name \(quoted(name)) must have Latin letters, digits, - and _, 64 at most")
        case .notOfProfile(let key):
            return choose(
                "\(quoted(key)) — общая настройка для всех профилей: перенесите её в начало файла",
                "\(quoted(key)) is a setting for all profiles: move it to the top of the file")
        case .badCredential(let key): return invalidCredential(quoted(key))
        case .noHome(let key):
            return choose(
                "\(quoted(key)): ~ без переменной HOME ничего не значит",
                "\(quoted(key)): ~ means nothing without the variable HOME")
        case .otherHome(let key):
            return choose(
                "\(quoted(key)): пишите путь целиком, без ~имени",
                "\(quoted(key)): write the path in full, without ~name")
        case .unknownKeyName(let action, let name):
            return choose(
                "keys.\(action): неизвестная клавиша \(quoted(name)); примеры: Ctrl-A, Alt-Enter, F2, PgUp",
                "keys.\(action): unknown key \(quoted(name)); examples: Ctrl-A, Alt-Enter, F2, PgUp")
        case .keyUsedTwice(let name, let one, let other):
            return choose(
                "клавиша \(name) назначена и для \(quoted(one)), и для \(quoted(other)): оставьте что-то одно",
                "\(quoted(one)) and \(quoted(other)) both use the key \(name): leave it to one of them")
        case .unknownPlaceholder(let key, let name, let nearest):
            return unknownPlaceholder(key, name, nearest: nearest)
        case .unknownColor(let key, let value):
            return choose(
                "\(quoted(key)): неизвестный цвет \(quoted(value)); примеры: red, bright-red, color0…color255, default",
                "\(quoted(key)): unknown colour \(quoted(value)); examples: red, bright-red, color0…color255, default")
        }
    }

    private func unknownPlaceholder(_ key: String, _ name: String, nearest: String?) -> String {
        let hint =
            nearest.map { choose("; может быть, {\($0)}?", "; did you mean {\($0)}?") }
            ?? choose(
                "; подходят {name} (имя собеседника) и {product} (товар)",
                "; use {name} (the other person's name) or {product}")
        let written = quoted("{\(name)}")
        return choose(
            "\(quoted(key)): неизвестная подстановка \(written)", "\(quoted(key)): unknown placeholder \(written)")
            + hint
    }

    /// A warning about two keys that terminals cannot tell apart.
    public func twin(_ twin: KeyBindings.Alias) -> String {
        choose(
            "keys.\(twin.action): \(twin.key) и \(twin.other) для терминала — одна клавиша",
            "keys.\(twin.action): to a terminal \(twin.key) and \(twin.other) are the same key")
    }

    private func expected(_ type: ConfigurationProblem.ValueType) -> String {
        switch type {
        case .text: choose("нужен текст в кавычках", "must be a quoted string")
        case .flag: choose("нужно true или false, без кавычек", "must be true or false, without quotes")
        case .table:
            choose(
                "это раздел, он начинается со строки в скобках [ ]",
                "must be a table, which begins with a line in brackets [ ]")
        case .keyNames:
            choose("нужны клавиши: \"F2\" или [\"F2\", \"Ctrl-G\"]", "must be keys: \"F2\" or [\"F2\", \"Ctrl-G\"]")
        }
    }

    /// For a token or an API key. The value is a secret, so it is not shown.
    public func invalidCredential(_ name: String) -> String {
        choose(
            "\(name): нужна одна строка из латинских букв, цифр и знаков, без пробелов",
            "\(name) must be one line of Latin letters, digits and symbols, without spaces")
    }

    /// Why an address cannot be a server's.
    public func address(_ invalid: ServerAddress.Invalid) -> String {
        switch invalid {
        case .malformed:
            choose("нужен адрес вида wss://server.example", "must be an address such as wss://server.example")
        case .unknownScheme(let scheme):
            choose(
                "схема \(quoted(scheme)) не подходит, нужна ws, wss, http или https",
                "the scheme must be ws, wss, http or https, not \(quoted(scheme))")
        case .holdsCredentials:
            choose(
                "адрес пишут без имени и пароля: wss://server.example",
                "must be an address without a user and password, such as wss://server.example")
        case .holdsQuery: choose("адрес не должен содержать «?» и «#»", "must not contain '?' or '#'")
        }
    }

    /// Why a text cannot be a project's address.
    public func projectAddress(_ invalid: ProjectAddress.Invalid) -> String {
        switch invalid {
        case .malformed:
            choose(
                "нужен адрес вида https://abcdefgh.supabase.co",
                "must be an address such as https://abcdefgh.supabase.co")
        case .unknownScheme(let scheme):
            choose(
                "нужен адрес, который начинается с https, а не с \(UntrustedText(scheme).label())",
                "must begin with https, not with \(UntrustedText(scheme).label())")
        case .holdsCredentials:
            choose("адрес пишут без имени и пароля", "must be an address without a user and password")
        case .holdsQuery: choose("адрес не должен содержать «?» и «#»", "must not contain '?' or '#'")
        case .notEncrypted:
            choose(
                "без шифрования пароль могут прочитать посторонние: нужен https",
                "without encryption others could read the password: it must be https")
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
