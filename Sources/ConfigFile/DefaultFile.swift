import ChatUI

/// The default settings file. It lists every setting with its default, commented out, so that it changes nothing; only a
/// language that the user has asked for is set.
///
/// A line that begins with `# ` explains. A line that begins with `#` alone is a setting that the user can uncomment.
public struct DefaultFile {
    private let texts: Texts
    private let setsLanguage: Bool

    /// - Parameter setsLanguage: Whether the language of the texts is set.
    public init(_ texts: Texts, setsLanguage: Bool = false) {
        self.texts = texts
        self.setsLanguage = setsLanguage
    }

    public var text: String {
        let parts = [settings(of: nil)] + Setting.Table.allCases.map { "[\($0.rawValue)]\n" + content(of: $0) }
        return ([explained(texts.fileHead)] + parts).joined(separator: "\n")
    }

    private func content(of table: Setting.Table) -> String {
        switch table {
        case .alerts, .show, .tell: settings(of: table)
        case .templates: explained(texts.templatesHead) + texts.templateSamples
        case .colors: colors
        case .keys: keys
        case .profiles: explained(texts.profilesHead) + Self.profileSample
        }
    }

    private static let profileSample = """
        #[profiles.shop]
        #project = "https://abcdefgh.supabase.co"
        #email = "shop@mail.example"

        """

    private func settings(of table: Setting.Table?) -> String {
        Setting.allCases.filter { $0.table == table }
            .map { setting in
                let mark = setsLanguage && setting == .language ? "" : "#"
                return explained(texts.explanation(of: setting)) + "\(mark)\(setting.name) = \(sample(of: setting))\n"
            }
            .joined(separator: table == nil ? "\n" : "")
    }

    /// The language that the file is written in is the one that its reader wants.
    private func sample(of setting: Setting) -> String {
        setting == .language ? "\"\(texts.language.rawValue)\"" : setting.sample
    }

    private var colors: String {
        let lines = Theme.names.sorted { $0.key < $1.key }.compactMap { name, color in
            texts.use(of: color).map { "#\(name) = \"\(Theme(.dark).name(of: color))\"  # \($0)\n" }
        }
        return explained(texts.colorsHead) + lines.joined()
    }

    private var keys: String {
        let bindings = KeyBindings.defaultKeys
        return explained(texts.keysHead)
            + bindings.map { action, keys in
                let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
                let help = texts.help(forActionNamed: action).map { "  # \($0)" } ?? ""
                return "#\(action) = [\(names)]\(help)\n"
            }.joined()
    }

    private func explained(_ text: String) -> String {
        text.split(separator: "\n").map { "# \($0)\n" }.joined()
    }
}
