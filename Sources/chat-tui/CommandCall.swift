import ArgumentParser
import ChatUI

/// The command that an invalid command line calls, and what that command accepts.
struct CommandCall {
    /// Such as `chat-tui send`.
    let name: String
    private let command: (any ParsableCommand.Type)?

    /// The names of the commands that are shown to users.
    static var commands: [String] {
        ChatTUICommand.configuration.subcommands.compactMap { command in
            command.configuration.shouldDisplay ? command.configuration.commandName : nil
        }
    }

    /// - Parameter arguments: Without the program's own name.
    init(_ arguments: [String]) {
        let words = arguments.prefix { $0 != "--" }
        let called = words.first(where: Self.commands.contains)
        command = ChatTUICommand.configuration.subcommands.first { $0.configuration.commandName == called }
        name = ["chat-tui", command?.configuration.commandName].compactMap { $0 }.joined(separator: " ")
    }

    /// Whether an unexpected word may be a misspelt command.
    func mayBeCommand(_ word: Substring) -> Bool {
        command == nil && Nearest.name(to: String(word), among: Self.commands) != nil
    }

    /// Whether the command has a text argument.
    var takesText: Bool { command == SendCommand.self }
    /// Whether an argument that begins with a dash may be a text.
    var takesDashes: Bool { takesText || command == SearchCommand.self }

    /// The command's flags: those in its usage text if it has its own, otherwise all that ArgumentParser knows.
    var flags: [String] {
        let text: String
        if command == ConfigCommand.self {
            text = ConfigCommand.configuration.usage ?? ""
        } else {
            text = command.map { ChatTUICommand.helpMessage(for: $0) } ?? ChatTUICommand.helpMessage()
        }
        return text.matches(of: /--[a-z][a-z-]*/).map { String($0.output) } + ["--help"]
    }

    /// An argument such as `-oh`. ArgumentParser takes it for several flags in one, of which `-h` is one, and would print
    /// the help.
    static func misreadAsHelp(_ arguments: [String]) -> String? {
        // A shell that completes a line passes on what is typed.
        if arguments.first?.hasPrefix("---") == true { return nil }
        return arguments.prefix { $0 != "--" }
            .first { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0 != "-h" && $0.contains("h") }
    }

    /// The unknown command in `chat-tui COMMAND …` or `chat-tui help COMMAND`, if there is one. ArgumentParser would
    /// complain of the command's options, or show the general help.
    static func unknownCommand(_ arguments: [String]) -> String? {
        var words = arguments[...]
        if words.first == "--lang" { words = words.dropFirst(2) }
        guard let first = words.first, !first.hasPrefix("-") else { return nil }
        if first == "help" {
            return words.dropFirst().first { !$0.hasPrefix("-") && $0 != "help" && !commands.contains($0) }
        }
        let isKnown = ChatTUICommand.configuration.subcommands.contains { $0.configuration.commandName == first }
        return isKnown ? nil : first
    }
}
