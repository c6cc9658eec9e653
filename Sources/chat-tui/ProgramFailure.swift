import CLibrary
import Terminal

/// Why a program of the user's choice did not do what it was started for.
struct ProgramFailure: Error, Equatable {
    enum Reason: Equatable {
        /// The system's answer, `errno`.
        case notStarted(Int32)
        /// It would take a part of an address for a command.
        case shell
        case unclosedQuote
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    /// As the user calls it.
    let program: String
    let reason: Reason

    /// Nil where the program ended well.
    init?(_ program: String, _ end: ChildEnd, byShell: Bool = false) {
        self.program = program
        switch end {
        case .exited(code: 0), .left: return nil
        // What a shell says of a program that is not there, or that may not be run (POSIX, XCU 2.8.2).
        case .exited(code: 127) where byShell: reason = .notStarted(ENOENT)
        case .exited(code: 126) where byShell: reason = .notStarted(EACCES)
        // A shell's word for a signal (POSIX, XCU 2.8.2).
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
