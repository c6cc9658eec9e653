import ChatUI

/// The settings of `config.toml`. A setting that the file does not have is nil or has its default.
public struct Configuration: Sendable, Equatable {
    public var account = AccountSettings()
    /// The accounts of `[profiles.NAME]`, by name.
    public var profiles: [String: AccountSettings] = [:]
    public var authorities: String?
    public var dataFolder: String?
    public var logFile: String?
    public var language: Language?
    public var themeName = Theme.Name.dark
    /// By the names that the file uses.
    var colors: [String: String] = [:]
    var keys: [String: [String]] = [:]
    public var preferences = Preferences()
    public var usesMouse = false
    public var setsTitle = true

    public init() {}

    public var theme: Theme { (try? Theme(themeName, changing: colors)) ?? Theme(themeName) }
    /// The configured keys that no terminal can tell apart.
    public var keyTwins: [KeyBindings.Alias] { KeyBindings.aliases(in: keys) }
    public var keyBindings: KeyBindings { (try? KeyBindings(changing: keys)) ?? .standard }

    /// Reads the text of a file.
    ///
    /// A setting with a problem is left out of the configuration. The problems are in the order of their lines.
    ///
    /// - Parameters:
    ///   - folder: The folder that relative paths start from.
    ///   - home: The folder that `~` stands for; nil if there is none.
    public static func read(
        _ text: String, folder: String, home: String?
    ) -> (configuration: Configuration, problems: [ConfigurationProblem]) {
        var reader = ConfigurationReader(Statements(text), folder: folder, home: home)
        reader.read()
        return (reader.configuration, reader.problems)
    }

    /// The line of a setting in the text of a file, counted from 1. `key` has its table: `alerts.bell`.
    public static func line(of key: String, in text: String) -> Int {
        var statements = Statements(text)
        return statements.line(of: [key])
    }
}
