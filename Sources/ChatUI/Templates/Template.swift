import ChatWire
import TextSearch

/// A text that the user sends often, from `[templates]` of the settings.
public struct Template: Sendable, Hashable {
    /// What stands for something that differs in every conversation. It is written in braces: `{name}`.
    public enum Placeholder: String, Sendable, CaseIterable {
        /// The name of the other person.
        case name
        /// The title of the product that the conversation is about.
        case product

        var written: String { "{\(rawValue)}" }
    }

    public var name: String
    /// It may have several lines.
    public var text: String

    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// The words in braces that are no placeholders, without the braces.
    public var unknownPlaceholders: [String] {
        text.matches(of: /\{(\p{L}[\p{L}_-]*)\}/).map { String($0.output.1) }
            .filter { Placeholder(rawValue: $0) == nil }
    }

    /// A template's text with the values of its placeholders.
    struct Filled: Equatable {
        var text: String
        /// The placeholders without a value. They are still in the text.
        var missing: [Placeholder]
    }

    /// Fills in the placeholders.
    ///
    /// A name that is not known is left out where a comma sets it off: `Hello, {name}!` becomes `Hello!`. Any other
    /// placeholder without a value stays in the text, because no sentence would be right without it.
    func filled(_ values: [Placeholder: String]) -> Filled {
        var text = text
        if values[.name] == nil { text = Self.withoutAddress(text) }
        // One pass, so that a value that looks like a placeholder is not filled in.
        var missing: [Placeholder] = []
        let filled = text.replacing(/\{(name|product)\}/) { match in
            guard let placeholder = Placeholder(rawValue: String(match.output.1)) else { return String(match.output.0) }
            if let value = values[placeholder] { return value }
            if !missing.contains(placeholder) { missing.append(placeholder) }
            return placeholder.written
        }
        return Filled(text: filled, missing: missing)
    }

    private static func withoutAddress(_ text: String) -> String {
        text.replacing(/, *\{name\}(?=[!?.…,;:\n]|$)/, with: "")
            .replacing(/(?m)^\{name\}, *(\S)/) { $0.output.1.uppercased() }
    }

    /// The first placeholder in a text. Nil if it has none.
    static func firstPlaceholder(in text: String) -> Placeholder? {
        text.firstMatch(of: /\{(name|product)\}/).flatMap { Placeholder(rawValue: String($0.output.1)) }
    }
}

extension [Template] {
    /// A name is searched for as it is written, and then in capital or small letters and in the other keyboard layout.
    func named(_ name: String) -> Template? {
        first { $0.name == name }
            ?? Self.readings(of: name).lazy.compactMap { name in first { $0.name.lowercased() == name } }.first
    }

    private static func readings(of name: String) -> [String] {
        // A line break ends a name.
        name.contains(where: \.isNewline) ? [name.lowercased()] : KeyboardLayout.readings(of: name.lowercased())
    }

    /// The template that a text begins with, and the text after its name and one white space. The longest name counts.
    func named(atStartOf text: String) -> (template: Template, separator: String, rest: String)? {
        if let template = named(text) { return (template, "", "") }
        let candidates = text.indices.filter { text[$0].isWhitespace }.reversed()
        for end in candidates {
            guard let template = named(String(text[..<end])) else { continue }
            let rest = MessageLimits.trimmed(String(text[end...]))
            return (template, text[end].isNewline ? "\n" : " ", rest)
        }
        return nil
    }

    /// The names that a mistyped one may have been meant for: those that begin alike or differ by few letters, at most
    /// three.
    func names(near name: String) -> [String] {
        let wanted = Self.readings(of: name)
        let similar = wanted.lazy.compactMap { Nearest.name(to: $0, among: map(\.name)) }.first.map { [$0] } ?? []
        let alike = map(\.name).filter { name in
            let name = name.lowercased()
            return wanted.contains { name.commonPrefixCount(with: $0) >= 2 }
        }.filter { !similar.contains($0) }
        return (similar + alike).prefix(3).map(\.self)
    }
}

extension String {
    fileprivate func commonPrefixCount(with other: String) -> Int { zip(self, other).prefix { $0 == $1 }.count }
}
