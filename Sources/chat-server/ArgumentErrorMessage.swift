import ArgumentParser

/// Adds what would be right to the library's message about wrong arguments.
enum ArgumentErrorMessage {
    /// - Parameter arguments: All arguments, with the program's name first.
    static func explained(_ message: String, _ arguments: [String]) -> String {
        message
            .replacing(/(?m)The value '(.*)' is invalid for '(--[a-z-]+)[^']*'$/) {
                "\($0.2) must be a whole number, not '\($0.1)'."
            }
            .replacing(/(?m)Missing value for '(--[a-z-]+)[^']*'$/) { missingValue(of: String($0.1), arguments) }
            .replacing(/(?m)(?:Unexpected argument|\d+ unexpected arguments:) '([^']*)'.*$/) {
                unknownCommand(String($0.1), arguments)
            }
    }

    /// The library takes a value that begins with a dash for the next option.
    private static func missingValue(of option: String, _ arguments: [String]) -> String {
        guard let place = arguments.lastIndex(of: option), place + 1 < arguments.count else {
            return "\(option) needs a value."
        }
        let next = arguments[place + 1]
        if Int(next) != nil { return "\(option) must be a whole number, 0 or more, not '\(next)'." }
        return
            "\(option) needs a value, but '\(next)' looks like an option. If it is the value, write \(option)=\(next)."
    }

    private static func unknownCommand(_ word: String, _ arguments: [String]) -> String {
        let isOfUser = arguments.dropFirst().first == UserCommand.configuration.commandName
        let configuration = isOfUser ? UserCommand.configuration : ChatServerCommand.configuration
        let commands = configuration.subcommands.compactMap { $0.configuration.commandName }
        return "Unknown command '\(word)': the commands are \(commands.joined(separator: ", "))."
    }
}
