import ChatUI
import Terminal

/// What `config.toml` says. What it does not say is nil, or as it is without a file.
public struct Configuration: Sendable, Equatable {
    public var user: String?
    public var name: String?
    public var url: String?
    public var apiKey: String?
    public var tokenFile: String?
    public var authorities: String?
    public var dataFolder: String?
    public var logFile: String?
    public var language: Language?
    public var themeName = Theme.Name.dark
    /// As the file names them.
    var colors: [String: String] = [:]
    var keys: [String: [String]] = [:]
    public var preferences = Preferences()
    public var usesMouse = false
    public var setsTitle = true

    public init() {}

    public var theme: Theme { (try? Theme(themeName, changing: colors)) ?? Theme(themeName) }
    /// The keys among them that no terminal tells from others.
    public var keyTwins: [KeyBindings.Twin] { KeyBindings.twins(in: keys) }
    public var keyBindings: KeyBindings { (try? KeyBindings(changing: keys)) ?? .standard }

    /// Reads the text of a file.
    ///
    /// What is wrong is told in the order of its lines, and left out of the configuration.
    ///
    /// - Parameters:
    ///   - folder: the folder that relative paths start from.
    ///   - home: what `~` stands for.
    public static func read(
        _ text: String, folder: String, home: String?
    ) -> (configuration: Configuration, problems: [ConfigurationProblem]) {
        var reader = ConfigurationReader(Statements(text), folder: folder, home: home)
        reader.read()
        return (reader.configuration, reader.problems)
    }
}
