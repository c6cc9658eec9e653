import ChatWire

/// The one table of slash commands.
enum SlashCommand {
    static let all: [(name: String, action: Action)] = [
        ("help", .help),
        ("reconnect", .reconnect),
        ("resend", .resend),
        ("quit", .quit),
    ]
}

/// What Enter makes of a draft.
enum Submission: Equatable {
    /// Nothing but white space.
    case nothing
    case command(Action)
    /// It looks like a command, but there is none of that name.
    case unknownCommand(String)
    case message(String)

    /// What to type for this message.
    static func draft(of text: String) -> String { text.hasPrefix("/") ? "/\(text)" : text }

    /// A slash at the start makes a command, two of them a text that begins with one.
    init(draft: String) {
        let text = MessageLimits.trimmed(draft)
        if text.isEmpty {
            self = .nothing
        } else if text.hasPrefix("//") {
            self = .message(String(text.dropFirst()))
        } else if text.hasPrefix("/") {
            let name = text.dropFirst()
            let command = SlashCommand.all.first { $0.name == name }
            self = command.map { .command($0.action) } ?? .unknownCommand(String(name))
        } else {
            self = .message(text)
        }
    }
}
