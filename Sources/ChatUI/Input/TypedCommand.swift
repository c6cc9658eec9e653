import ChatWire
import TextSearch

/// A draft that begins as a command does, whichever keyboard layout it was typed in.
///
/// The key that types a slash in the Latin layout types a dot in the Russian one, so `.рудз` was meant as `/help`.
/// Many texts begin with a dot, so a dot counts only if a command follows. A slash always begins a command, except that
/// `//` begins a comment or a path.
struct TypedCommand {
    /// The first word as it was typed.
    let word: String
    /// The command of this name. Nil if there is none.
    let command: SlashCommand?
    /// If there is none, the command that may have been meant.
    let nearest: String?
    /// The text after the first word.
    let argument: String

    /// Nil if the draft is a text.
    init?(_ draft: String) {
        guard let leader = draft.first, let latin = Self.latin(draft) else { return nil }
        let typed = draft.dropFirst().prefix { !$0.isWhitespace }
        var argument = MessageLimits.trimmed(String(draft.dropFirst(1 + typed.count)))
        let named = SlashCommand.all.first { $0.name == latin }
        // Only a name that is no Latin word is sure to be a slip of the layout: `.help` may be meant as it is.
        let isCommand = leader == "/" || latin != typed.lowercased()
        if leader == "/" {
            // With a space behind the slash, the next word may have been meant as the name.
            let next = argument.prefix { !$0.isWhitespace }
            let name = typed.isEmpty ? Self.latin("/\(next)") ?? "" : latin
            nearest = named == nil ? Nearest.name(to: name, among: SlashCommand.all.map(\.name)) : nil
            word = typed.isEmpty && !next.isEmpty ? "/ \(next)" : "/\(typed)"
        } else if let named {
            nearest = isCommand ? nil : named.name
            word = "\(leader)\(typed)"
        } else {
            guard leader == ".", let near = Self.meant(latin, isOneWord: argument.isEmpty, isOtherLayout: isCommand)
            else { return nil }
            nearest = near
            word = "\(leader)\(typed)"
        }
        // An ID follows in the same layout as the name.
        if latin != typed.lowercased(), named?.action == .list(.inbox) {
            let id = argument.prefix { !$0.isWhitespace }
            argument = KeyboardLayout.latin(id.lowercased()) + argument.dropFirst(id.count)
        }
        command = isCommand ? named : nil
        self.argument = argument
    }

    /// The name of a command as the Latin layout types it, in lower case. Nil if the draft begins otherwise.
    static func latin(_ draft: String) -> String? {
        guard let leader = draft.first else { return nil }
        let name = draft.dropFirst().prefix { !$0.isWhitespace }.lowercased()
        let isRussian = !name.isEmpty && name.allSatisfy { KeyboardLayout.latinByRussian[$0] != nil }
        switch leader {
        case "/": return draft.hasPrefix("//") ? nil : isRussian ? KeyboardLayout.latin(name) : name
        case ".": return name.isEmpty ? nil : isRussian ? KeyboardLayout.latin(name) : name
        default:
            // In the Russian layout, the key of the dot types a letter.
            let isDotKey = KeyboardLayout.latin(leader.lowercased()) == "."
            return isDotKey && isRussian && name.count > 2 ? KeyboardLayout.latin(name) : nil
        }
    }

    /// The command that a word after a dot was meant as, if it is no command. A single word in the other layout is less
    /// likely to be a text than one in Latin letters or one that others follow.
    private static func meant(_ name: String, isOneWord: Bool, isOtherLayout: Bool) -> String? {
        guard isOtherLayout, isOneWord, name.count > 2 else {
            return isOtherLayout || isOneWord ? verySimilar(to: name) : nil
        }
        let names = SlashCommand.all.map(\.name)
        return names.first { $0.hasPrefix(name) } ?? (name.count > 3 ? Nearest.name(to: name, among: names) : nil)
    }

    /// A command whose name differs by a single slip from a name that is long enough to tell.
    private static func verySimilar(to name: String) -> String? {
        guard name.count > 3, let near = Nearest.name(to: name, among: SlashCommand.all.map(\.name)) else { return nil }
        return Nearest.distance(Array(name), Array(near)) == 1 ? near : nil
    }
}
