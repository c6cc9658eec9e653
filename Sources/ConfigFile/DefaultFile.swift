import ChatUI

/// The default settings file. It lists every setting with its default, commented out, so that it changes nothing.
///
/// A line that begins with `# ` explains. A line that begins with `#` alone is a setting that the user can uncomment.
public struct DefaultFile {
    private let texts: Texts

    public init(_ texts: Texts) { self.texts = texts }

    public var text: String {
        let parts = [table("")] + Setting.tables.map { "[\($0)]\n" + table($0) }
        return ([explained(texts.fileHead)] + parts).joined(separator: "\n")
    }

    private func table(_ name: String) -> String {
        switch name {
        case Setting.colors: colors
        case Setting.keys: keys
        default:
            Setting.all.filter { $0.table == name }
                .map { explained(texts.explanation(of: $0.key)) + "#\($0.name) = \($0.sample)\n" }
                .joined(separator: name.isEmpty ? "\n" : "")
        }
    }

    private var colors: String {
        let used = Theme.names.sorted { $0.key < $1.key }.filter { !texts.use(of: $0.key).isEmpty }
        return explained(texts.colorsHead)
            + used.map { "#\($0) = \"\(Theme(.dark).name(of: $1))\"  # \(texts.use(of: $0))\n" }.joined()
    }

    private var keys: String {
        let bindings = KeyBindings.usualKeys
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
