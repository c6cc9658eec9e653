import Foundation

/// What Swift's runtime does about signals that tell of a crash, where it starts in a terminal: it prints a backtrace for
/// seconds, and then asks for commands, while the program stays. For it, Ctrl-\ is a crash, too.
public enum CrashSignals {
    private static let deadly = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// Gives these signals back to the system, for which they end a program. Crashes stay the runtime's where the user asks
    /// for that by `SWIFT_BACKTRACE`; what others handle, or whoever started the program wants ignored, is left alone.
    public static func useDefaults() {
        var runtimes = sigaction()
        sigaction(SIGTRAP, nil, &runtimes)
        if handler(of: SIGQUIT) == runtimes.handlerAddress { signal(SIGQUIT, SIG_DFL) }
        guard getenv("SWIFT_BACKTRACE") == nil else { return }
        for number in deadly where handler(of: number) == runtimes.handlerAddress { signal(number, SIG_DFL) }
    }

    private static func handler(of signal: Int32) -> Int? {
        var action = sigaction()
        return sigaction(signal, nil, &action) == 0 ? action.handlerAddress : nil
    }
}
