import ChatUI
import TOMLKit

/// Reads the settings from the statements of a file, and collects the problems.
struct ConfigurationReader {
    private(set) var configuration = Configuration()
    private var found: [ConfigurationProblem]
    private var statements: Statements
    private let folder: String
    private let home: String?

    private static let keys = Setting.Table.keys.rawValue
    private static let colors = Setting.Table.colors.rawValue

    init(_ statements: Statements, folder: String, home: String?) {
        self.statements = statements
        self.folder = folder
        self.home = home
        found = statements.problems
    }

    /// In the order of the lines.
    var problems: [ConfigurationProblem] { found.sorted { $0.line < $1.line } }

    private mutating func note(_ fault: ConfigurationProblem.Fault, at path: [String]) {
        found.append(ConfigurationProblem(line: statements.line(of: path), fault: fault))
    }

    mutating func read() {
        read(statements.root, table: nil)
        for (key, value) in statements.root.entries {
            guard let table = Setting.Table(rawValue: key) else { continue }
            guard let content = value.table else {
                note(.wrongType(key: key, expected: .table), at: [key])
                continue
            }
            switch table {
            case .alerts, .show, .tell: read(content, table: table)
            case .templates: readTemplates(content)
            case .colors: readColors(content)
            case .keys: readKeys(content)
            case .profiles: readProfiles(content)
            }
        }
    }

    private mutating func read(_ content: TOMLTable, table: Setting.Table?) {
        for (name, value) in content.entries where table != nil || Setting.Table(rawValue: name) == nil {
            let path = [table?.rawValue, name].compactMap(\.self)
            if let setting = Setting.allCases.first(where: { $0.table == table && $0.name == name }) {
                if let fault = take(value, for: setting) { note(fault, at: path) }
            } else if Setting.secrets.contains(name) {
                note(.secret(key: path.joined(separator: ".")), at: path)
            } else {
                noteUnknown(path)
            }
        }
    }

    /// Suggests a known key: one of this name in another table, or else the most similar one.
    private mutating func noteUnknown(_ path: [String]) {
        let key = path.joined(separator: ".")
        let names = path.count == 1 ? Setting.Table.allCases.map(\.rawValue) : []
        let nearest = Nearest.name(to: key, among: Setting.allCases.map(\.key) + names)
        let elsewhere = Setting.allCases.first { $0.name == path.last }?.key
        note(.unknown(key: key, nearest: elsewhere ?? nearest), at: path)
    }

    private mutating func take(_ value: any TOMLValueConvertible, for setting: Setting) -> ConfigurationProblem.Fault? {
        switch setting.kind {
        case .flag(let path):
            guard let flag = value.bool else { return .wrongType(key: setting.key, expected: .flag) }
            configuration[keyPath: path] = flag
        case .file(let path, _):
            guard let name = value.string else { return .wrongType(key: setting.key, expected: .text) }
            if name.isEmpty { return .empty(key: setting.key) }
            if name.hasPrefix("~"), name != "~", !name.hasPrefix("~/") { return .otherHome(key: setting.key) }
            guard let file = absolute(name) else { return .noHome(key: setting.key) }
            configuration[keyPath: path] = file
        case .text(_, let take):
            guard let text = value.string else { return .wrongType(key: setting.key, expected: .text) }
            return text.isEmpty ? .empty(key: setting.key) : take(text, &configuration)
        }
        return nil
    }

    // MARK: - Profiles

    private mutating func readProfiles(_ content: TOMLTable) {
        for (name, value) in content.entries.sorted(by: { $0.key < $1.key }) {
            let path = [Setting.Table.profiles.rawValue, name]
            guard ProfileName.isValid(name) else {
                note(.badProfileName(name), at: path)
                continue
            }
            guard let content = value.table else {
                note(.wrongType(key: path.joined(separator: "."), expected: .table), at: path)
                continue
            }
            // The settings are read as if they stood at the top of the file.
            let common = configuration.account
            configuration.account = AccountSettings()
            readProfile(content, at: path)
            configuration.profiles[name] = configuration.account
            configuration.account = common
        }
    }

    private mutating func readProfile(_ content: TOMLTable, at path: [String]) {
        for (name, value) in content.entries {
            let settingPath = path + [name]
            let key = settingPath.joined(separator: ".")
            if let setting = Setting(rawValue: name), setting.table == nil {
                if !setting.isOfAccount {
                    note(.notOfProfile(key: name), at: settingPath)
                } else if let fault = take(value, for: setting) {
                    note(fault, at: settingPath)
                }
            } else if Setting.secrets.contains(name) {
                note(.secret(key: key), at: settingPath)
            } else {
                let names = Setting.allCases.filter(\.isOfAccount).map(\.key)
                note(.unknown(key: key, nearest: Nearest.name(to: name, among: names)), at: settingPath)
            }
        }
    }

    private func absolute(_ path: String) -> String? {
        if path.hasPrefix("/") { return path }
        guard path == "~" || path.hasPrefix("~/") else { return "\(folder)/\(path)" }
        return home.map { $0 + path.dropFirst() }
    }

    // MARK: - Templates, colours and keys

    private mutating func readTemplates(_ content: TOMLTable) {
        let table = Setting.Table.templates.rawValue
        for (name, value) in content.entries.sorted(by: { $0.key < $1.key }) {
            let path = [table, name]
            let key = path.joined(separator: ".")
            let text = value.string.map(Self.withoutLastLineBreaks)
            let template = Template(name: name, text: text ?? "")
            if text == nil {
                note(.wrongType(key: key, expected: .text), at: path)
            } else if template.text.allSatisfy(\.isWhitespace) || name.allSatisfy(\.isWhitespace) {
                note(.empty(key: key), at: path)
            } else if let unknown = template.unknownPlaceholders.first {
                let names = Template.Placeholder.allCases.map(\.rawValue)
                note(
                    .unknownPlaceholder(key: key, name: unknown, nearest: Nearest.name(to: unknown, among: names)),
                    at: path)
            } else {
                configuration.preferences.templates.append(template)
            }
        }
    }

    /// A text of several lines ends with the line break before its closing quotes.
    private static func withoutLastLineBreaks(_ text: String) -> String {
        String(text.reversed().drop(while: \.isNewline).reversed())
    }

    private mutating func readColors(_ content: TOMLTable) {
        for (name, value) in content.entries {
            let path = [Self.colors, name]
            let key = path.joined(separator: ".")
            guard Theme.names[name.lowercased()] != nil else {
                let nearest = Nearest.name(to: name, among: Theme.names.keys.sorted())
                note(.unknown(key: key, nearest: nearest.map { "\(Self.colors).\($0)" }), at: path)
                continue
            }
            guard let value = value.string else {
                note(.wrongType(key: key, expected: .text), at: path)
                continue
            }
            if (try? Theme(.dark, changing: [name: value])) == nil {
                note(.unknownColor(key: key, value: value), at: path)
            } else {
                configuration.colors[name] = value
            }
        }
    }

    private mutating func readKeys(_ content: TOMLTable) {
        var changes: [String: [String]] = [:]
        for (action, value) in content.entries {
            if let one = value.string {
                changes[action] = [one]
            } else if let several = value.array, several.allSatisfy({ $0.string != nil }) {
                changes[action] = several.compactMap(\.string)
            } else {
                note(.wrongType(key: "\(Self.keys).\(action)", expected: .keyNames), at: [Self.keys, action])
            }
        }
        let (valid, mistakes) = KeyBindings.checked(changes)
        configuration.keys = valid
        for mistake in mistakes { note(mistake) }
    }

    private mutating func note(_ mistake: KeyBindings.Mistake) {
        let path = [Self.keys, mistake.action]
        switch mistake.error {
        case .unknownAction(let name):
            let nearest = Nearest.name(to: name, among: KeyBindings.defaultKeys.map(\.name))
            note(
                .unknown(key: "\(Self.keys).\(name)", nearest: nearest.map { "\(Self.keys).\($0)" }), at: path)
        case .unknownKey(let name): note(.unknownKeyName(action: mistake.action, name: name), at: path)
        case .duplicateKey(let key, let one, let other): note(.keyUsedTwice(name: key, by: one, and: other), at: path)
        }
    }
}
