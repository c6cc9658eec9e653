import ChatWire

/// The one table of slash commands.
struct SlashCommand: Sendable {
    var name: String
    var action: Action
    /// What may follow the name goes to the action.
    var takesText = false

    static let all: [SlashCommand] = [
        SlashCommand(name: "help", action: .help),
        SlashCommand(name: "search", action: .search, takesText: true),
        SlashCommand(name: "seller", action: .inbox, takesText: true),
        SlashCommand(name: "copy", action: .copy),
        SlashCommand(name: "links", action: .links),
        SlashCommand(name: "resend", action: .resend),
        SlashCommand(name: "discard", action: .discard),
        SlashCommand(name: "block", action: .block),
        SlashCommand(name: "unblock", action: .unblock),
        SlashCommand(name: "reconnect", action: .reconnect),
        SlashCommand(name: "quit", action: .quit),
    ]

    /// What a mistyped command may have been meant for.
    static func nearest(to text: String) -> String? {
        Nearest.name(to: String(text.prefix { !$0.isWhitespace }), among: all.map(\.name))
    }

    /// The commands that a draft may be the beginning of. Empty if it is something else already.
    static func completions(of draft: String) -> [SlashCommand] {
        guard draft.hasPrefix("/") else { return [] }
        return all.filter { $0.name.hasPrefix(draft.dropFirst()) }
    }
}

/// What Enter makes of a draft.
enum Submission: Equatable {
    /// Nothing but white space.
    case nothing
    case command(Action, text: String)
    /// It looks like a command, but there is none of that name.
    case unknownCommand(String)
    /// There is a command of this name, but nothing may follow it.
    case wordyCommand(String, Action)
    case message(String)

    /// What to type for this message.
    static func draft(of text: String) -> String { isCommand(text) ? " \(text)" : text }

    /// One slash is a command's. `//` begins a comment or a path, and goes as it stands.
    private static func isCommand(_ draft: String) -> Bool { draft.hasPrefix("/") && !draft.hasPrefix("//") }

    /// A slash as the very first character makes a command, a blank before it a text that begins with one. No character of a
    /// text is changed, but for the white space around it.
    init(draft: String) {
        let text = MessageLimits.trimmed(draft)
        if text.isEmpty {
            self = .nothing
        } else if Self.isCommand(draft) {
            self = Self.command(text.dropFirst())
        } else {
            self = .message(text)
        }
    }

    private static func command(_ text: Substring) -> Submission {
        let name = text.prefix { !$0.isWhitespace }
        let argument = MessageLimits.trimmed(String(text.dropFirst(name.count)))
        guard let command = SlashCommand.all.first(where: { $0.name == name }) else {
            // What follows the name is a text.
            return .unknownCommand(String(name.isEmpty ? text : name))
        }
        guard argument.isEmpty || command.takesText else { return .wordyCommand(command.name, command.action) }
        return .command(command.action, text: argument)
    }
}
