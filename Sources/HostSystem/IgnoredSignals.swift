import Foundation

/// The signals that the parent made the process ignore. `nohup` does that, and so does a shell for a job in the
/// background. They stay ignored, also in programs that this one starts.
public enum IgnoredSignals {
    /// The state at the first access. That must come before anything changes it.
    public static let atStart: Set<Int32> = Set((1...64).filter(isIgnored))

    /// Whether the signal is ignored now.
    public static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        return sigaction(signal, nil, &action) == 0 && action.ignores
    }
}

extension sigaction {
    /// The handler as a number: 0 for SIG_DFL, 1 for SIG_IGN, otherwise a function's address.
    package var handlerAddress: Int { unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self) }

    /// Whether it is SIG_IGN.
    package var ignores: Bool { sa_flags & SA_SIGINFO == 0 && handlerAddress == 1 }
}
