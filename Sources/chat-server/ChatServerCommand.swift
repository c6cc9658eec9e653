import ArgumentParser
import ChatWire
import Foundation
import HostSystem
import Logging
import ServerRuntime

@main
struct ChatServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-server",
        abstract: "The server behind chat-tui: stores messages and delivers them at once.",
        discussion: """
            Without options it listens on ws://127.0.0.1:8765 and on this user's local socket, has no authentication, and \
            keeps its messages in $XDG_DATA_HOME/chat-server/chat.sqlite.

            To let the Tab key complete flags, their values and files, add this line to ~/.bashrc:
            source <(chat-server --generate-completion-script bash)
            For zsh and fish, chat-server --generate-completion-script zsh (or fish) prints the file that they read.
            """,
        version: ProgramVersion.line(of: "chat-server"),
        subcommands: [TokenCommand.self, BackupCommand.self, RestoreCommand.self, UserCommand.self] + ofCluster)

    #if Cluster
    private static let ofCluster: [any ParsableCommand.Type] = [MigrateCommand.self]
    #else
    private static let ofCluster: [any ParsableCommand.Type] = []
    #endif

    @OptionGroup var options: ServerOptions

    /// Prints what is wrong with the arguments. Control characters in them are escaped.
    static func main() async {
        StandardDescriptors.secure()
        CrashSignals.useDefaults()
        if let place = ProgramText.firstInvalidEncoding() {
            let name =
                switch place {
                case .argument(let number): "Argument \(number)"
                case .variable(let name): "The variable \(UntrustedText(name))"
                }
            _ = StandardDescriptors.write("Error: \(name) is not UTF-8.\n", to: STDERR_FILENO)
            Foundation.exit(64)  // EX_USAGE
        }
        defer { ServerLog.flush() }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = (error as? OperatorFailure)?.exitCode ?? exitCode(for: error)
            let isScript = code.isSuccess && ProgramText.isForPrograms(Array(CommandLine.arguments.dropFirst()))
            let said = ArgumentErrorMessage.explained(fullMessage(for: error), CommandLine.arguments)
            let message = isScript ? fullMessage(for: error) : UntrustedText(said).displayed(lineBreaks: .kept)
            ServerLog.flush()
            let output = code.isSuccess ? STDOUT_FILENO : STDERR_FILENO
            let problem = message.isEmpty ? nil : StandardDescriptors.write(message + "\n", to: output)
            Foundation.exit(code.isSuccess && problem != nil ? 74 : code.rawValue)  // EX_IOERR
        }
    }

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
