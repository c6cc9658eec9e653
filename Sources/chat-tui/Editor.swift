import ChatUI
import Foundation
import HostSystem

/// The user's editor: `$VISUAL`, `$EDITOR` or `vi`.
struct Editor {
    private enum Program {
        /// The variable's value, a shell command.
        case command(String)
        case path(String)
    }

    private let program: Program

    /// Nil if no variable is set and there is no `vi`.
    init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let commands = ["VISUAL", "EDITOR"].lazy.compactMap { environment[$0] }
        if let command = commands.first(where: { !$0.allSatisfy(\.isWhitespace) }) {
            program = .command(command)
        } else if let path = ChildProcess.path(of: "vi", environment: environment) {
            program = .path(path)
        } else {
            return nil
        }
    }

    /// The arguments to start the editor, as git does: a shell runs the user's command, and the file is an argument
    /// that the shell does not interpret.
    func words(for file: String) -> [String] {
        switch program {
        case .path(let path): [path, file]
        case .command(let command) where isShells: ["/bin/sh", "-c", command + " \"$@\"", command, file]
        case .command(let command): [command, file]
        }
    }

    /// Whether the command needs a shell. The characters are those of git's `run-command.c`.
    private var isShells: Bool {
        guard case .command(let command) = program else { return false }
        return command.contains { "|&;<>()$`\\\"' \t\n*?[#~=%".contains($0) }
    }

    var name: String {
        switch program {
        case .path(let path): path
        case .command(let command): ShellWords.parts(of: command)?.first?.first ?? command
        }
    }

    func start(on file: String) throws(ProgramFailure) -> pid_t {
        do throws(ChildProcess.Failure) {
            return try ChildProcess.start(words(for: file), in: .terminal)
        } catch {
            throw ProgramFailure(name, .notStarted(error.number))
        }
    }

    /// Nil if the editor exited with success.
    func failure(_ end: ChildEnd) -> ProgramFailure? { ProgramFailure(name, end, byShell: isShells) }
}
