// The names of keys in the interface and the settings: `Ctrl-A`, `Alt-Enter`, `PgUp`.

import TextSearch

extension Key {
    init?(named text: String) {
        var rest = text[...]
        var modifiers: Modifiers = []
        for (word, modifier) in [("ctrl-", Modifiers.control), ("alt-", .alt), ("shift-", .shift)]
        where rest.lowercased().hasPrefix(word) && rest.count > word.count {
            modifiers.insert(modifier)
            rest = rest.dropFirst(word.count)
        }
        guard let code = Code(named: String(rest)) else { return nil }
        // A letter without a modifier is for typing.
        if case .character = code, modifiers.isDisjoint(with: [.control, .alt]) { return nil }
        self.init(code, modifiers)
    }

    var name: String {
        var name = ""
        if modifiers.contains(.control) { name += "Ctrl-" }
        if modifiers.contains(.alt) { name += "Alt-" }
        if modifiers.contains(.shift) { name += "Shift-" }
        return name + code.name
    }

    /// Such as `Ctrl-M (Enter)`.
    var nameWithAlias: String { sentAs == self ? name : "\(name) (\(sentAs.name))" }

    /// The key in the form of the table of bindings. A shortcut depends on the position of the letter on the keyboard,
    /// so it works with the Russian layout and in either case.
    var latinShortcut: Key {
        guard case .character(let character) = code, !modifiers.isDisjoint(with: [.control, .alt]) else { return self }
        let lower = Character(character.lowercased())
        return Key(.character(KeyboardLayout.latinByRussian[lower] ?? lower), modifiers.subtracting(.shift))
    }

    /// The key that a terminal sends for this one. It differs from `self` if terminals cannot tell the two apart, such
    /// as Ctrl-M and Enter.
    var sentAs: Key {
        guard modifiers.contains(.control), case .character(let character) = code else { return self }
        let others = modifiers.subtracting(.control)
        switch character {
        case "m": return Key(.enter, others)
        case "j": return Key(.enter, others.union(.alt))
        case "i": return Key(.tab, others)
        case "[": return Key(.escape, others)
        case "h", "?": return Key(.backspace, others)
        case "@": return Key(.character(" "), modifiers)
        case "/": return Key(.character("_"), modifiers)
        default: return self
        }
    }

    /// The letter on this key of the Latin layout, in the same case. Nil if the key types no character.
    var latinLetter: Character? {
        guard case .character(let character) = code else { return nil }
        guard let latin = KeyboardLayout.latinByRussian[Character(character.lowercased())] else { return character }
        return character.isUppercase ? Character(latin.uppercased()) : latin
    }
}

extension Key.Code {
    fileprivate init?(named text: String) {
        let named: [Key.Code] = [
            .enter, .tab, .escape, .backspace, .delete, .up, .down, .left, .right, .home, .end, .pageUp, .pageDown,
            .insert,
        ]
        let words: [String: Key.Code] = [
            "up": .up, "down": .down, "left": .left, "right": .right, "space": .character(" "),
        ]
        let lower = text.lowercased()
        if let code = words[lower] ?? named.first(where: { $0.name.lowercased() == lower }) {
            self = code
        } else if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...24).contains(number) {
            self = .function(number)
        } else if lower.count == 1, let character = lower.first {
            self = .character(character)
        } else {
            return nil
        }
    }

    fileprivate var name: String {
        switch self {
        case .character(let character): character.uppercased()
        case .enter: "Enter"
        case .tab: "Tab"
        case .escape: "Esc"
        case .backspace: "Backspace"
        case .delete: "Delete"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .insert: "Insert"
        case .function(let number): "F\(number)"
        }
    }
}
