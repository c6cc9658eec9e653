import ChatClient
import ChatUI
import ChatWire

/// The table of all settings, each by its key such as `alerts.bell`, in the order of the file. Keys and colours are not
/// in it, because they have tables of their own.
enum Setting: String, Sendable, CaseIterable {
    case user, name, url
    case tokenFile = "token-file"
    case apiKey = "apikey"
    case authorities = "ca-file"
    case dataFolder = "data-dir"
    case logFile = "log-file"
    case language = "lang"
    case theme, mouse, title

    case bell = "alerts.bell"
    case notification = "alerts.notification"
    case notificationText = "alerts.notification-text"
    case unreadInTitle = "alerts.unread-in-title"

    case showsPresence = "show.presence"
    case showsTyping = "show.typing"
    case showsReceipts = "show.receipts"

    case tellsTyping = "tell.typing"
    case tellsRead = "tell.read"

    enum Kind: Sendable {
        case flag(any WritableKeyPath<Configuration, Bool> & Sendable)
        case file(any WritableKeyPath<Configuration, String?> & Sendable, example: String)
        /// Any other text. The function stores it in the configuration, or returns what is wrong with it.
        case text(example: String, @Sendable (_ text: String, inout Configuration) -> ConfigurationProblem.Fault?)
    }

    /// The file's tables, in its order. Settings before the first one are in none.
    enum Table: String, Sendable, CaseIterable {
        case alerts, show, tell, templates, colors, keys
    }

    /// The setting's name in the file, with its table: `alerts.bell`.
    var key: String { rawValue }

    /// The setting's name within its table: `bell`.
    var name: String { table == nil ? key : String(key.drop { $0 != "." }.dropFirst()) }

    var table: Table? { key.contains(".") ? Table(rawValue: String(key.prefix { $0 != "." })) : nil }

    /// The default in TOML, or an example if there is no default.
    var sample: String {
        switch kind {
        case .flag(let path): "\(Configuration()[keyPath: path])"
        case .file(_, let example), .text(let example, _): "\"\(example)\""
        }
    }

    var kind: Kind {
        switch self {
        case .user:
            .text(example: "anna") { text, configuration in
                guard UserID(text) != nil else { return .badUserID(key: key) }
                configuration.user = text
                return nil
            }
        case .name:
            .text(example: "Anna") { text, configuration in
                configuration.name = text
                return nil
            }
        case .url:
            .text(example: "wss://chat.example") { text, configuration in
                do throws(ServerAddress.Invalid) {
                    _ = try ServerAddress(url: text)
                } catch {
                    return .badAddress(key: key, error)
                }
                configuration.url = text
                return nil
            }
        case .tokenFile: .file(\.tokenFile, example: "~/.config/chat-tui/token")
        case .apiKey:
            .text(example: "key") { text, configuration in
                guard let apiKey = try? Credential.checked(text) else { return .badCredential(key: key) }
                configuration.apiKey = apiKey
                return nil
            }
        case .authorities: .file(\.authorities, example: "~/authority.pem")
        case .dataFolder: .file(\.dataFolder, example: "~/.local/share/chat-tui")
        case .logFile: .file(\.logFile, example: "~/.local/state/chat-tui/chat-tui.log")
        case .language:
            .text(example: Language.russian.rawValue) { text, configuration in
                guard let language = Language(rawValue: text) else {
                    return .notOneOf(key: key, value: text, choices: Language.allCases.map(\.rawValue))
                }
                configuration.language = language
                return nil
            }
        case .theme:
            .text(example: Theme.Name.dark.rawValue) { text, configuration in
                guard let theme = Theme.Name(rawValue: text) else {
                    return .notOneOf(key: key, value: text, choices: Theme.Name.allCases.map(\.rawValue))
                }
                configuration.themeName = theme
                return nil
            }
        case .mouse: .flag(\.usesMouse)
        case .title: .flag(\.setsTitle)
        case .bell: .flag(\.preferences.ringsBell)
        case .notification: .flag(\.preferences.notifies)
        case .notificationText: .flag(\.preferences.notifiesWithText)
        case .unreadInTitle: .flag(\.preferences.countsInTitle)
        case .showsPresence: .flag(\.preferences.showsPresence)
        case .showsTyping: .flag(\.preferences.showsTyping)
        case .showsReceipts: .flag(\.preferences.showsReceipts)
        case .tellsTyping: .flag(\.preferences.tellsTyping)
        case .tellsRead: .flag(\.preferences.tellsRead)
        }
    }

    /// Keys that belong in a file of their own or in the environment. They are refused in every table.
    static let secrets: Set<String> = ["token", "jwt", "password"]
}
