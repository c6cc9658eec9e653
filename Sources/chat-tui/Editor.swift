import Foundation
import Terminal

/// The user's editor: `$VISUAL`, `$EDITOR` or `vi`.
struct Editor {
    private enum Program {
        /// The variable's text, a command of the user's own.
        case command(String)
        case path(String)
    }

    private let program: Program

    /// Every system has `vi`, but for the smallest.
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

    /// As git and others run it: a shell reads the user's command, and the file is an argument that it does not read.
    func words(for file: String) -> [String] {
        switch program {
        case .path(let path): [path, file]
        case .command(let command) where isShells: ["/bin/sh", "-c", command + " \"$@\"", command, file]
        case .command(let command): [command, file]
        }
    }

    /// Whether anything in it means something to a shell; the characters are git's (`run-command.c`).
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

    /// Nil where it ended well.
    func failure(_ end: ChildEnd) -> ProgramFailure? { ProgramFailure(name, end, byShell: isShells) }
}
