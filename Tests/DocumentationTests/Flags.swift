import ArgumentParser

@testable import chat_server
@testable import chat_tui

/// The flags of a program, from its own help.
enum Flags {
    static let server = of(ChatServerCommand.self)
    static let client = of(ChatTUICommand.self)

    /// Includes the flags of its commands, but not hidden ones.
    static func of(_ command: any ParsableCommand.Type) -> Set<String> {
        let help = command.helpMessage(columns: 500)
        let own = help.matches(of: /(?m)^ +(?:-h, )?(--[a-z][a-z-]*)/).map { String($0.1) }
        let commands = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        return commands.reduce(Set(own)) { $0.union(of($1)) }.subtracting(["--help", "--version"])
    }
}
