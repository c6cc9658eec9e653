import CLibrary
import ChatUI
import HostSystem

extension ProgramFailure {
    /// Nil if the program exited with success.
    init?(_ program: String, _ end: ChildEnd, byShell: Bool = false) {
        switch end {
        case .exited(code: 0), .left: return nil
        // A shell's exit codes for a program that does not exist, or must not be executed (POSIX, XCU 2.8.2).
        case .exited(code: 127) where byShell: self.init(program, .notStarted(ENOENT))
        case .exited(code: 126) where byShell: self.init(program, .notStarted(EACCES))
        // A shell's exit code for a program that a signal ended (POSIX, XCU 2.8.2).
        case .exited(let code) where byShell && code > 128: self.init(program, .killed(signal: code - 128))
        case .exited(let code): self.init(program, .exited(code: code))
        case .killed(let signal): self.init(program, .killed(signal: signal))
        }
    }
}
