import ChatClient
import ChatUI
import ChatWire
import Supabase

/// The table of all settings, each by its key such as `alerts.bell`, in the order of the file. Keys and colours are not
/// in it, because they have tables of their own.
enum Setting: String, Sendable, CaseIterable {
    case user, name, url
    case project
    case apiKey = "apikey"
    case email
    case tokenFile = "token-file"
    case tokenCommand = "token-command"
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
        case alerts, show, tell, templates, colors, keys, profiles
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
                guard UserID(text)?.isBlank == false else { return .badUserID(key: key) }
                configuration.account.user = text
                return nil
            }
        case .name:
            .text(example: "Anna") { text, configuration in
                configuration.account.name = text
                return nil
            }
        case .url:
            .text(example: "wss://chat.example") { text, configuration in
                do throws(ServerAddress.Invalid) {
                    _ = try ServerAddress(url: text)
                } catch {
                    return .badAddress(key: key, error)
                }
                configuration.account.url = text
                return nil
            }
        case .project:
            .text(example: "https://abcdefgh.supabase.co") { text, configuration in
                do throws(ProjectAddress.Invalid) {
                    configuration.account.project = try ProjectAddress(text)
                } catch {
                    return .badProject(key: key, error)
                }
                return nil
            }
        case .apiKey:
            .text(example: "key") { text, configuration in
                guard let apiKey = try? Credential.checked(text) else { return .badCredential(key: key) }
                configuration.account.apiKey = apiKey
                return nil
            }
        case .email:
            .text(example: "anna@mail.example") { text, configuration in
                guard EmailAddress.isPlausible(text) else { return .badEmail(key: key) }
                configuration.account.email = text
                return nil
            }
        case .tokenFile: .file(\.account.tokenFile, example: "~/.config/chat-tui/token")
        case .tokenCommand:
            .text(example: "pass show chat") { text, configuration in
                configuration.account.tokenCommand = text
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

    /// Whether the setting belongs to one account, so that a profile may have its own.
    var isOfAccount: Bool {
        switch self {
        case .user, .name, .url, .project, .apiKey, .email, .tokenFile, .tokenCommand: true
        case .authorities, .dataFolder, .logFile, .language, .theme, .mouse, .title, .bell, .notification,
            .notificationText, .unreadInTitle, .showsPresence, .showsTyping, .showsReceipts, .tellsTyping, .tellsRead:
            false
        }
    }

    /// Keys that belong in a file of their own or in the environment. They are refused in every table.
    static let secrets: Set<String> = ["token", "jwt", "password"]
}
