import ArgumentParser
import Logging

@main
struct ChatServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-server",
        abstract: "The server behind chat-tui: stores messages and delivers them at once.",
        discussion: """
            Without options it listens on ws://127.0.0.1:8765 and on this user's local socket, takes every user's word \
            for who they are, and keeps its messages in $XDG_DATA_HOME/chat-server/chat.sqlite.
            """,
        version: Server.version, subcommands: [TokenCommand.self])

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let log = try options.makeLogger()
        let server = Server(try options.settings(), log: log)
        do {
            try await server.run()
        } catch let failure as StartFailure {
            log.critical("\(failure)")
            throw ExitCode(failure.exitCode)
        }
    }
}
