import ArgumentParser
import HostSystem

/// Standard output of a command. If writing to it fails, the command ends with an exit code of its own.
enum CommandOutput {
    private static let failure = ExitCode(74)  // EX_IOERR

    /// Throws if nothing can be written. A command calls it before it changes anything, so that no change goes
    /// unreported.
    static func check() throws {
        if StandardDescriptors.outputProblem != nil { throw failure }
    }

    static func write(_ line: String) throws {
        if StandardDescriptors.write(line + "\n") != nil { throw failure }
    }
}
