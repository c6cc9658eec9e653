/// What a key or a slash command makes the program do.
enum Action: Sendable, Hashable {
    case send, newLine
    case edit(LineEditor.Command)
    case rowUp, rowDown, home, end
    case pageUp, pageDown, toTop, toBottom
    case reconnect, resend, discard
    case help, redraw, suspend, escape
    case interrupt, deleteOrQuit, quit
}

/// The one table of keys: dispatch looks up here, and the help is made of it.
enum KeyBindings {
    /// In the order of the help. The first key of an action is the one that other texts name.
    static let all: [(action: Action, keys: [Key])] = [
        (.send, [Key(.enter)]),
        (.newLine, [Key(.enter, .alt), Key(.enter, .shift), control("j")]),
        (.rowUp, [Key(.up)]),
        (.rowDown, [Key(.down)]),
        (.pageUp, [Key(.pageUp)]),
        (.pageDown, [Key(.pageDown)]),
        (.home, [Key(.home)]),
        (.end, [Key(.end)]),
        (.toTop, [Key(.home, .control)]),
        (.toBottom, [Key(.end, .control)]),
        (.reconnect, [control("r")]),
        (.resend, [control("x")]),
        (.discard, [alt("x")]),
        (.help, [Key(.function(1))]),
        (.escape, [Key(.escape)]),
        (.redraw, [control("l")]),
        (.suspend, [control("z")]),
        (.interrupt, [control("c")]),
        (.deleteOrQuit, [control("d")]),
        (.edit(.beginningOfLine), [control("a")]),
        (.edit(.endOfLine), [control("e")]),
        (.edit(.backwardCharacter), [Key(.left), control("b")]),
        (.edit(.forwardCharacter), [Key(.right), control("f")]),
        (.edit(.backwardWord), [alt("b"), Key(.left, .control), Key(.left, .alt)]),
        (.edit(.forwardWord), [alt("f"), Key(.right, .control), Key(.right, .alt)]),
        (.edit(.backwardDelete), [Key(.backspace), control("h")]),
        (.edit(.deleteCharacter), [Key(.delete)]),
        (.edit(.killLine), [control("k")]),
        (.edit(.backwardKillLine), [control("u")]),
        (.edit(.wordRubout), [control("w")]),
        (.edit(.killWord), [alt("d"), Key(.delete, .control)]),
        (.edit(.backwardKillWord), [Key(.backspace, .alt), Key(.backspace, .control)]),
        (.edit(.yank), [control("y")]),
        (.edit(.yankPop), [alt("y")]),
        (.edit(.transposeCharacters), [control("t")]),
        // Most terminals send the same byte for the two.
        (.edit(.undo), [control("_"), control("/")]),
        (.edit(.redo), [alt("/")]),
    ]

    private static let actions: [Key: Action] = Dictionary(
        all.flatMap { binding in binding.keys.map { ($0, binding.action) } }, uniquingKeysWith: { first, _ in first })

    /// Shift makes no other key of one that has no binding with it.
    static func action(for key: Key) -> Action? {
        let key = key.latinShortcut
        return actions[key] ?? actions[Key(key.code, key.modifiers.subtracting(.shift))]
    }

    /// The key that does it, as the interface writes it.
    static func name(of action: Action) -> String {
        all.first { $0.action == action }?.keys.first?.name ?? ""
    }

    private static func control(_ character: Character) -> Key { Key(.character(character), .control) }
    private static func alt(_ character: Character) -> Key { Key(.character(character), .alt) }
}

extension Key {
    /// `Ctrl-A`, `Alt-Enter`, `PgUp`.
    var name: String {
        var name = ""
        if modifiers.contains(.control) { name += "Ctrl-" }
        if modifiers.contains(.alt) { name += "Alt-" }
        if modifiers.contains(.shift) { name += "Shift-" }
        return name + code.name
    }

    /// The key as the table has it: a shortcut is told by the place of its letter, so that it works with the Russian
    /// layout on, and in either case.
    var latinShortcut: Key {
        guard case .character(let character) = code, !modifiers.isDisjoint(with: [.control, .alt]) else { return self }
        let lower = Character(character.lowercased())
        return Key(.character(Self.latinByRussian[lower] ?? lower), modifiers.subtracting(.shift))
    }

    /// ЙЦУКЕН to QWERTY.
    private static let latinByRussian = Dictionary(
        uniqueKeysWithValues: zip("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"))
}

extension Key.Code {
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
