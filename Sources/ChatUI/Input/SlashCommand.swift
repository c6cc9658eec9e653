import ChatWire

/// The slash commands. The dispatch, the completion and the help use this table.
struct SlashCommand: Sendable {
    var name: String
    var action: Action
    /// Whether text after the name is passed to the action. Otherwise it is an error.
    var takesArgument = false

    static let all: [SlashCommand] = [
        SlashCommand(name: "help", action: .program(.help)),
        SlashCommand(name: "search", action: .conversation(.search), takesArgument: true),
        SlashCommand(name: "find", action: .list(.find), takesArgument: true),
        SlashCommand(name: "date", action: .conversation(.date), takesArgument: true),
        SlashCommand(name: "seller", action: .list(.inbox), takesArgument: true),
        SlashCommand(name: "t", action: .conversation(.template), takesArgument: true),
        SlashCommand(name: "mute", action: .list(.toggle(.muted))),
        SlashCommand(name: "archive", action: .list(.toggle(.archived))),
        SlashCommand(name: "pin", action: .list(.toggle(.pinned))),
        SlashCommand(name: "unread", action: .list(.toggle(.unread))),
        SlashCommand(name: "copy", action: .conversation(.copy)),
        SlashCommand(name: "quote", action: .conversation(.quote)),
        SlashCommand(name: "links", action: .conversation(.links)),
        SlashCommand(name: "product", action: .conversation(.product), takesArgument: true),
        SlashCommand(name: "resend", action: .conversation(.resend)),
        SlashCommand(name: "edit", action: .conversation(.takeBack)),
        SlashCommand(name: "discard", action: .conversation(.discard)),
        SlashCommand(name: "block", action: .conversation(.block)),
        SlashCommand(name: "unblock", action: .conversation(.unblock)),
        SlashCommand(name: "reconnect", action: .program(.reconnect)),
        SlashCommand(name: "quit", action: .program(.quit)),
    ]

    /// The commands that a draft can be completed to. Empty if it is not the beginning of a command.
    static func completions(of draft: String) -> [SlashCommand] {
        guard !draft.contains(where: \.isWhitespace), let name = TypedCommand.latin(draft) else { return [] }
        return all.filter { $0.name.hasPrefix(name) }
    }
}

/// What Enter does with a draft.
enum Submission: Equatable {
    /// The draft has only white space.
    case nothing
    case command(Action, text: String)
    /// It looks like a command, but there is no command of this name, with the slash. `nearest` may have been meant.
    case unknownCommand(String, nearest: String?)
    /// There is a command of this name, but it takes no text.
    case commandTakesNoText(String, Action)
    case message(String)

    /// The draft that produces this message.
    static func draft(of text: String) -> String { TypedCommand(text) == nil ? text : " \(text)" }

    /// Parses a draft. A slash as its first character begins a command; with a space before it, it is text. So it is
    /// with a command in the other keyboard layout. Only white space at either end of a text is removed.
    init(draft: String) {
        let text = MessageLimits.trimmed(draft)
        if text.isEmpty {
            self = .nothing
        } else if let typed = TypedCommand(draft) {
            guard let command = typed.command else {
                self = .unknownCommand(typed.word, nearest: typed.nearest)
                return
            }
            let isComplete = typed.argument.isEmpty || command.takesArgument
            self =
                isComplete
                ? .command(command.action, text: typed.argument)
                : .commandTakesNoText(command.name, command.action)
        } else {
            self = .message(text)
        }
    }
}
