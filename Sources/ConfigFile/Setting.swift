import ChatClient
import ChatUI
import ChatWire

/// One entry of the table of settings. Keys and colours are not in it, because they have tables of their own.
struct Setting: Sendable {
    /// Empty for settings before the first table.
    let table: String
    let name: String
    let kind: Kind
    /// The default in TOML, or an example if there is no default.
    let sample: String

    enum Kind: Sendable {
        case flag(any WritableKeyPath<Configuration, Bool> & Sendable)
        case file(any WritableKeyPath<Configuration, String?> & Sendable)
        /// Any other text. The function stores it in the configuration, or returns what is wrong with it.
        case text(@Sendable (_ text: String, _ key: String, inout Configuration) -> ConfigurationProblem.Fault?)
    }

    var key: String { table.isEmpty ? name : "\(table).\(name)" }

    static let all: [Setting] = [
        text("user", example: "anna") { text, key, configuration in
            guard UserID(text) != nil else { return .badUserID(key: key) }
            configuration.user = text
            return nil
        },
        text("name", example: "Anna") { text, _, configuration in
            configuration.name = text
            return nil
        },
        text("url", example: "wss://chat.example") { text, key, configuration in
            do throws(ServerAddress.Invalid) {
                _ = try ServerAddress(url: text)
            } catch {
                return .badAddress(key: key, error)
            }
            configuration.url = text
            return nil
        },
        file("token-file", \.tokenFile, example: "~/.config/chat-tui/token"),
        text("apikey", example: "key") { text, key, configuration in
            guard let apiKey = try? Credential.checked(text) else { return .badCredential(key: key) }
            configuration.apiKey = apiKey
            return nil
        },
        file("ca-file", \.authorities, example: "~/authority.pem"),
        file("data-dir", \.dataFolder, example: "~/.local/share/chat-tui"),
        file("log-file", \.logFile, example: "~/.local/state/chat-tui/chat-tui.log"),
        text("lang", example: Language.russian.rawValue) { text, key, configuration in
            guard let language = Language(rawValue: text) else {
                return .notOneOf(key: key, value: text, choices: Language.allCases.map(\.rawValue))
            }
            configuration.language = language
            return nil
        },
        text("theme", example: Theme.Name.dark.rawValue) { text, key, configuration in
            guard let theme = Theme.Name(rawValue: text) else {
                return .notOneOf(key: key, value: text, choices: Theme.Name.allCases.map(\.rawValue))
            }
            configuration.themeName = theme
            return nil
        },
        flag("", "mouse", \.usesMouse),
        flag("", "title", \.setsTitle),

        flag("alerts", "bell", \.preferences.ringsBell),
        flag("alerts", "notification", \.preferences.notifies),
        flag("alerts", "notification-text", \.preferences.notifiesWithText),
        flag("alerts", "unread-in-title", \.preferences.countsInTitle),

        flag("show", "presence", \.preferences.showsPresence),
        flag("show", "typing", \.preferences.showsTyping),
        flag("show", "receipts", \.preferences.showsReceipts),

        flag("tell", "typing", \.preferences.tellsTyping),
        flag("tell", "read", \.preferences.tellsRead),
    ]

    static let colors = "colors"
    static let keys = "keys"

    /// The names of the tables in the order of the default file.
    static let tables = ["alerts", "show", "tell", colors, keys]

    /// Keys that belong in a file of their own or in the environment. They are refused in every table.
    static let secrets: Set<String> = ["token", "jwt", "password"]

    private static func flag(
        _ table: String, _ name: String, _ path: any WritableKeyPath<Configuration, Bool> & Sendable
    ) -> Setting {
        Setting(table: table, name: name, kind: .flag(path), sample: "\(Configuration()[keyPath: path])")
    }

    private static func file(
        _ name: String, _ path: any WritableKeyPath<Configuration, String?> & Sendable, example: String
    ) -> Setting {
        Setting(table: "", name: name, kind: .file(path), sample: "\"\(example)\"")
    }

    private static func text(
        _ name: String, example: String,
        take: @escaping @Sendable (String, String, inout Configuration) -> ConfigurationProblem.Fault?
    ) -> Setting {
        Setting(table: "", name: name, kind: .text(take), sample: "\"\(example)\"")
    }
}
