import CLibrary
import Terminal

/// Why a program that the user configured failed.
struct ProgramFailure: Error, Equatable {
    enum Reason: Equatable {
        /// The program could not be started (`errno`).
        case notStarted(Int32)
        /// The browser is a shell, which would execute parts of an address.
        case shell
        case unclosedQuote
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    /// The program's name as the user wrote it.
    let program: String
    let reason: Reason

    /// Nil if the program exited with success.
    init?(_ program: String, _ end: ChildEnd, byShell: Bool = false) {
        self.program = program
        switch end {
        case .exited(code: 0), .left: return nil
        // A shell's exit codes for a program that does not exist, or must not be executed (POSIX, XCU 2.8.2).
        case .exited(code: 127) where byShell: reason = .notStarted(ENOENT)
        case .exited(code: 126) where byShell: reason = .notStarted(EACCES)
        // A shell's exit code for a program that a signal ended (POSIX, XCU 2.8.2).
        case .exited(let code) where byShell && code > 128: reason = .killed(signal: code - 128)
        case .exited(let code): reason = .exited(code: code)
        case .killed(let signal): reason = .killed(signal: signal)
        }
    }

    init(_ program: String, _ reason: Reason) {
        self.program = program
        self.reason = reason
    }
}
