/// The key bindings. The dispatch of keys and the help both use this table. The user can change the keys of each
/// action.
public struct KeyBindings: Sendable, Equatable {
    struct Binding: Sendable, Equatable {
        /// The action's name in the settings.
        var name: String
        var action: Action
        /// The keys of the action. The first one is shown in hints.
        var keys: [Key]
    }

    /// All bindings, in the order of the help.
    private(set) var all: [Binding]
    private var actions: [Key: Action] = [:]

    public static let standard = KeyBindings()

    /// An error in a setting.
    public enum Invalid: Error, Hashable {
        case unknownAction(String)
        case unknownKey(String)
        /// Two actions have the same key.
        case duplicateKey(key: String, by: String, and: String)
    }

    /// The default keys, except for the actions in `changes`, such as `["search": ["Ctrl-S"]]`. An action with an empty
    /// list has no key.
    public init(changing changes: [String: [String]]) throws(Invalid) {
        all = Self.defaults
        for (name, keys) in changes.sorted(by: { $0.key < $1.key }) {
            guard let place = all.firstIndex(where: { $0.name == name }) else { throw .unknownAction(name) }
            var parsed: [Key] = []
            for text in keys {
                guard let key = Key(named: text)?.latinShortcut else { throw .unknownKey(text) }
                parsed.append(key)
            }
            all[place].keys = parsed
        }
        for binding in all {
            for key in binding.keys {
                if let other = actions.updateValue(binding.action, forKey: key.sentAs), other != binding.action {
                    let name = all.first { $0.action == other }?.name ?? ""
                    throw .duplicateKey(key: key.nameWithAlias, by: name, and: binding.name)
                }
            }
        }
    }

    private init() {
        all = Self.defaults
        for binding in all { for key in binding.keys { actions[key.sentAs] = binding.action } }
    }

    /// The names of all actions with their default keys, for the comments in a new settings file.
    public static var defaultKeys: [(name: String, keys: [String])] {
        defaults.map { ($0.name, $0.keys.map(\.name)) }
    }

    /// An error in a change, and the action that it is about.
    public struct Mistake: Sendable, Equatable {
        public var action: String
        public var error: Invalid
    }

    /// Divides changes into those that can be applied and those that are wrong.
    public static func checked(
        _ changes: [String: [String]]
    ) -> (valid: [String: [String]], mistakes: [Mistake]) {
        var valid: [String: [String]] = [:]
        var mistakes: [Mistake] = []
        for (action, keys) in changes.sorted(by: { $0.key < $1.key }) {
            let unknown = ownError([action: []]).map { [$0] }
            let errors = unknown ?? keys.compactMap { ownError([action: [$0]]) }
            mistakes += errors.map { Mistake(action: action, error: $0) }
            if errors.isEmpty { valid[action] = keys }
        }
        while case .duplicateKey(let key, let one, let other)? = invalid(valid) {
            // The default keys contain no duplicates, so at least one of the two actions was changed.
            let action = valid[other] == nil ? one : other
            mistakes.append(Mistake(action: action, error: .duplicateKey(key: key, by: one, and: other)))
            valid[action] = nil
        }
        return (valid, mistakes)
    }

    /// A key that terminals send as another key.
    public struct Alias: Sendable, Hashable {
        public var action: String
        /// The key as the settings write it.
        public var key: String
        public var other: String
    }

    /// The keys in these changes that terminals send as other keys.
    public static func aliases(in changes: [String: [String]]) -> [Alias] {
        changes.sorted { $0.key < $1.key }.flatMap { action, names in
            names.compactMap { name in
                guard let key = Key(named: name)?.latinShortcut, key.sentAs != key else { return nil }
                return Alias(action: action, key: key.name, other: key.sentAs.name)
            }
        }
    }

    private static func invalid(_ changes: [String: [String]]) -> Invalid? {
        do {
            _ = try KeyBindings(changing: changes)
            return nil
        } catch {
            return error
        }
    }

    /// What is wrong with a change by itself. A conflict with another binding is not, because that one may be changed,
    /// too.
    private static func ownError(_ change: [String: [String]]) -> Invalid? {
        let invalid = invalid(change)
        if case .duplicateKey = invalid { return nil }
        return invalid
    }

    /// A key with Shift performs the action of the key without it, unless it has its own binding.
    func action(for key: Key) -> Action? {
        let key = key.latinShortcut.sentAs
        return actions[key] ?? actions[Key(key.code, key.modifiers.subtracting(.shift))]
    }

    /// The first key of an action, as the interface writes it. Empty if the action has no key.
    func name(of action: Action) -> String {
        all.first { $0.action == action }?.keys.first?.name ?? ""
    }
}

extension KeyBindings {
    private static let defaults: [Binding] = [
        bind("send", .send, Key(.enter)),
        bind("new-line", .newLine, Key(.enter, .alt), Key(.enter, .shift), control("j")),
        bind("up", .rowUp, Key(.up)),
        bind("down", .rowDown, Key(.down)),
        bind("page-up", .pageUp, Key(.pageUp)),
        bind("page-down", .pageDown, Key(.pageDown)),
        bind("home", .home, Key(.home)),
        bind("end", .end, Key(.end)),
        bind("to-top", .toTop, Key(.home, .control)),
        bind("to-bottom", .toBottom, Key(.end, .control)),
        bind("search", .forward, control("f")),
        bind("search-everywhere", .list(.find), alt("s")),
        bind("select-older", .selectOlder, Key(.up, .alt), alt("p")),
        bind("select-newer", .selectNewer, Key(.down, .alt), alt("n")),
        bind("copy", .conversation(.copy), alt("w")),
        bind("quote", .conversation(.quote), alt("q")),
        bind("links", .conversation(.links), control("o")),
        bind("templates", .conversation(.templates), alt("t")),
        bind("next-unread", .list(.nextUnread), alt("a")),
        bind("conversation-1", .list(.numbered(1)), alt("1")),
        bind("conversation-2", .list(.numbered(2)), alt("2")),
        bind("conversation-3", .list(.numbered(3)), alt("3")),
        bind("conversation-4", .list(.numbered(4)), alt("4")),
        bind("conversation-5", .list(.numbered(5)), alt("5")),
        bind("conversation-6", .list(.numbered(6)), alt("6")),
        bind("conversation-7", .list(.numbered(7)), alt("7")),
        bind("conversation-8", .list(.numbered(8)), alt("8")),
        bind("conversation-9", .list(.numbered(9)), alt("9")),
        bind("unanswered", .list(.show(.unanswered)), Key(.function(6))),
        bind("unread", .list(.show(.unread)), Key(.function(7))),
        bind("archived", .list(.show(.archived)), Key(.function(8))),
        bind("longest-waiting", .list(.longestWaitingFirst), Key(.function(9))),
        bind("mute", .list(.toggle(.muted)), alt("m")),
        bind("archive", .list(.toggle(.archived)), alt("h")),
        bind("pin", .list(.toggle(.pinned)), alt("i")),
        bind("mark-unread", .list(.toggle(.unread)), alt("u")),
        bind("reconnect", .program(.reconnect), control("r")),
        bind("resend", .conversation(.resend), control("x")),
        bind("take-back", .conversation(.takeBack), alt("r")),
        bind("discard", .conversation(.discard), alt("x")),
        bind("help", .program(.help), Key(.function(1))),
        bind("escape", .escape, Key(.escape)),
        bind("redraw", .program(.redraw), control("l")),
        bind("suspend", .program(.suspend), control("z")),
        bind("interrupt", .program(.interrupt), control("c")),
        bind("delete-or-quit", .deleteOrQuit, control("d")),
        bind("complete", .complete, Key(.tab)),
        bind("editor", .editExternally, alt("e")),
        bind("line-start", .edit(.beginningOfLine), control("a")),
        bind("line-end", .edit(.endOfLine), control("e")),
        bind("left", .edit(.backwardCharacter), Key(.left), control("b")),
        bind("right", .edit(.forwardCharacter), Key(.right)),
        bind("word-left", .edit(.backwardWord), alt("b"), Key(.left, .control), Key(.left, .alt)),
        bind("word-right", .edit(.forwardWord), alt("f"), Key(.right, .control), Key(.right, .alt)),
        bind("delete-left", .edit(.backwardDelete), Key(.backspace), control("h")),
        bind("delete-right", .edit(.deleteCharacter), Key(.delete)),
        bind("cut-line", .edit(.killLine), control("k")),
        bind("cut-line-left", .edit(.backwardKillLine), control("u")),
        bind("cut-all", .edit(.killAll), alt("k")),
        bind("cut-to-space", .edit(.wordRubout), control("w")),
        bind("cut-word", .edit(.killWord), alt("d"), Key(.delete, .control)),
        bind("cut-word-left", .edit(.backwardKillWord), Key(.backspace, .alt), Key(.backspace, .control)),
        bind("paste", .edit(.yank), control("y")),
        bind("paste-older", .edit(.yankPop), alt("y")),
        bind("swap", .edit(.transposeCharacters), control("t")),
        // Most terminals send the same byte for Ctrl-_ and Ctrl-/, and none for either in the Russian layout, where
        // the key of the slash types a dot.
        bind("undo", .edit(.undo), control("_"), control("/"), alt("z")),
        bind("redo", .edit(.redo), alt("/"), alt(".")),
    ]

    private static func bind(_ name: String, _ action: Action, _ keys: Key...) -> Binding {
        Binding(name: name, action: action, keys: keys)
    }

    private static func control(_ character: Character) -> Key { Key(.character(character), .control) }
    private static func alt(_ character: Character) -> Key { Key(.character(character), .alt) }
}
