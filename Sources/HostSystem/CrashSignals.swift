import Foundation

/// Swift's runtime handles crash signals if it starts in a terminal: it prints a backtrace for seconds and then asks
/// for commands, while the program stays. It does the same for SIGQUIT (Ctrl-\).
public enum CrashSignals {
    private static let crashSignals = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// Restores the system's default for these signals, which ends the program. The runtime keeps the crash signals if
    /// the user has set `SWIFT_BACKTRACE`. Signals that other code handles, or that the parent made the process ignore,
    /// are left alone.
    public static func useDefaults() {
        var runtimes = sigaction()
        sigaction(SIGTRAP, nil, &runtimes)
        if handler(of: SIGQUIT) == runtimes.handlerAddress { signal(SIGQUIT, SIG_DFL) }
        guard getenv("SWIFT_BACKTRACE") == nil else { return }
        for number in crashSignals where handler(of: number) == runtimes.handlerAddress { signal(number, SIG_DFL) }
    }

    private static func handler(of signal: Int32) -> Int? {
        var action = sigaction()
        return sigaction(signal, nil, &action) == 0 ? action.handlerAddress : nil
    }
}
