import ChatUI

/// The default settings file. It lists every setting with its default, commented out, so that it changes nothing.
///
/// A line that begins with `# ` explains. A line that begins with `#` alone is a setting that the user can uncomment.
public struct DefaultFile {
    private let texts: Texts

    public init(_ texts: Texts) { self.texts = texts }

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
        }
    }

    private func settings(of table: Setting.Table?) -> String {
        Setting.allCases.filter { $0.table == table }
            .map { explained(texts.explanation(of: $0)) + "#\($0.name) = \($0.sample)\n" }
            .joined(separator: table == nil ? "\n" : "")
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
