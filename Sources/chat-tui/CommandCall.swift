import ArgumentParser
import ChatUI

/// A command line that cannot be read: which command it calls, and what that one takes.
struct CommandCall {
    /// `chat-tui send`
    let name: String
    private let command: (any ParsableCommand.Type)?

    /// Those that people call.
    static var commands: [String] {
        ChatTUICommand.configuration.subcommands.compactMap { command in
            command.configuration.shouldDisplay ? command.configuration.commandName : nil
        }
    }

    /// - Parameter arguments: without the program's own name.
    init(_ arguments: [String]) {
        let words = arguments.prefix { $0 != "--" }
        let called = words.first(where: Self.commands.contains)
        command = ChatTUICommand.configuration.subcommands.first { $0.configuration.commandName == called }
        name = ["chat-tui", command?.configuration.commandName].compactMap { $0 }.joined(separator: " ")
    }

    /// The first word that has no place here may have been meant for a command.
    func mayBeCommand(_ word: Substring) -> Bool {
        command == nil && Nearest.name(to: String(word), among: Self.commands) != nil
    }

    /// Whether a text may stand among the arguments.
    var takesText: Bool { command == SendCommand.self }

    /// A usage that is written out names all that are of use; else they are all that the library knows.
    var flags: [String] {
        let text: String
        if command == ConfigCommand.self {
            text = ConfigCommand.configuration.usage ?? ""
        } else {
            text = command.map { ChatTUICommand.helpMessage(for: $0) } ?? ChatTUICommand.helpMessage()
        }
        return text.matches(of: /--[a-z][a-z-]*/).map { String($0.output) } + ["--help"]
    }

    /// What `chat-tui help` was asked about, if there is no such command: the library would show the help of all.
    static func unknownTopic(_ arguments: [String]) -> String? {
        guard let place = arguments.firstIndex(of: "help"), place == 0 || place == 2 && arguments[0] == "--lang",
            let topic = arguments[(place + 1)...].first(where: { !$0.hasPrefix("-") })
        else { return nil }
        return commands.contains(topic) || topic == "help" ? nil : topic
    }
}
