import ChatWire

/// The slash commands. The dispatch, the completion and the help use this table.
struct SlashCommand: Sendable {
    var name: String
    var action: Action
    /// Whether text after the name is passed to the action. Otherwise it is an error.
    var takesArgument = false

    static let all: [SlashCommand] = [
        SlashCommand(name: "help", action: .help),
        SlashCommand(name: "search", action: .search, takesArgument: true),
        SlashCommand(name: "find", action: .find, takesArgument: true),
        SlashCommand(name: "date", action: .date, takesArgument: true),
        SlashCommand(name: "seller", action: .inbox, takesArgument: true),
        SlashCommand(name: "t", action: .template, takesArgument: true),
        SlashCommand(name: "copy", action: .copy),
        SlashCommand(name: "quote", action: .quote),
        SlashCommand(name: "links", action: .links),
        SlashCommand(name: "product", action: .product, takesArgument: true),
        SlashCommand(name: "resend", action: .resend),
        SlashCommand(name: "discard", action: .discard),
        SlashCommand(name: "block", action: .block),
        SlashCommand(name: "unblock", action: .unblock),
        SlashCommand(name: "reconnect", action: .reconnect),
        SlashCommand(name: "quit", action: .quit),
    ]

    /// The command that a mistyped one may have been meant for.
    static func nearest(to text: String) -> String? {
        Nearest.name(to: String(text.prefix { !$0.isWhitespace }), among: all.map(\.name))
    }

    /// The commands that a draft can be completed to. Empty if it is not the beginning of a command.
    static func completions(of draft: String) -> [SlashCommand] {
        guard draft.hasPrefix("/") else { return [] }
        return all.filter { $0.name.hasPrefix(draft.dropFirst()) }
    }
}

/// What Enter does with a draft.
enum Submission: Equatable {
    /// The draft has only white space.
    case nothing
    case command(Action, text: String)
    /// It looks like a command, but there is no command of this name.
    case unknownCommand(String)
    /// There is a command of this name, but it takes no text.
    case commandTakesNoText(String, Action)
    case message(String)

    /// The draft that produces this message.
    static func draft(of text: String) -> String { isCommand(text) ? " \(text)" : text }

    /// A single slash begins a command. `//` begins a comment or a path, and is sent as it is.
    private static func isCommand(_ draft: String) -> Bool { draft.hasPrefix("/") && !draft.hasPrefix("//") }

    /// Parses a draft. A slash as its first character begins a command; with a space before it, it is text. Only white
    /// space at either end of a text is removed.
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
            // Without a name, the text after the slash is reported.
            return .unknownCommand(String(name.isEmpty ? text : name))
        }
        guard argument.isEmpty || command.takesArgument else {
            return .commandTakesNoText(command.name, command.action)
        }
        return .command(command.action, text: argument)
    }
}
