import ArgumentParser
import HostSystem

/// Standard output of a command. What cannot be written ends it with an exit code of its own.
enum CommandOutput {
    private static let failure = ExitCode(74)  // EX_IOERR

    /// Before anything is done that could not be told.
    static func check() throws {
        if StandardDescriptors.outputProblem != nil { throw failure }
    }

    static func write(_ line: String) throws {
        if StandardDescriptors.write(line + "\n") != nil { throw failure }
    }
}
