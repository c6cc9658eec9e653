import CLibrary
import HostSystem
import Synchronization

/// Turns signals into bytes in a pipe, so that they are handled between two paints and not in the middle of one.
///
/// Signals belong to the process, so there can be only one watch at a time.
final class SignalWatch {
    static let watched = [SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT]

    /// What else has to be known while another program has the terminal: its Ctrl-\ is not meant for this one.
    private static let watchedBesideChild = [SIGCHLD, SIGQUIT]

    /// Where the handler writes.
    private static let pipe = Atomic<Int32>(-1)

    private var previous: [(signal: Int32, action: sigaction)] = []

    init(pipe: WakePipe) {
        Self.pipe.store(pipe.writeEnd, ordering: .sequentiallyConsistent)
        previous = Self.watched.filter(Self.isOurs).map { ($0, replaceAction(of: $0, by: Self.action)) }
    }

    /// What is ignored by default as well is no wish of whoever started this program.
    private static func isOurs(_ signal: Int32) -> Bool {
        [SIGWINCH, SIGCONT, SIGCHLD].contains(signal) || !IgnoredSignals.atStart.contains(signal)
    }

    /// Watches a program that this one starts, for as long as `body` takes.
    func besideChild<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let previous = Self.watchedBesideChild.filter(Self.isOurs).map { ($0, replaceAction(of: $0, by: Self.action)) }
        defer { for (signal, action) in previous { _ = replaceAction(of: signal, by: action) } }
        return try body()
    }

    /// Gives the signals back to who had them before.
    func end() {
        for (signal, action) in previous { _ = replaceAction(of: signal, by: action) }
        previous = []
        Self.pipe.store(-1, ordering: .sequentiallyConsistent)
    }

    private static var action: sigaction {
        makeAction(flags: SA_RESTART) { signal in
            // errno belongs to the code that was interrupted.
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: signal)
            write(SignalWatch.pipe.load(ordering: .sequentiallyConsistent), &byte, 1)
            errno = saved
        }
    }

    /// Stops the process as Ctrl-Z in a shell does, with all its job, and returns when it goes on. Where nobody could make it
    /// go on (an orphaned process group), the system ignores the signal, and this returns at once.
    func stopProcess() {
        let onStop = replaceAction(of: SIGTSTP, by: makeAction(SIG_IGN))
        let onContinue = replaceAction(of: SIGCONT, by: makeAction(SIG_DFL))  // what it tells is known here
        kill(0, SIGTSTP)  // the others of the job
        _ = replaceAction(of: SIGTSTP, by: makeAction(SIG_DFL))
        raise(SIGTSTP)  // this thread, so that nothing more is done before it stops
        _ = replaceAction(of: SIGTSTP, by: onStop)
        _ = replaceAction(of: SIGCONT, by: onContinue)
    }
}

func makeAction(flags: Int32 = 0, _ handler: @convention(c) (Int32) -> Void) -> sigaction {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = flags
    return action
}

func makeAction(_ disposition: __sighandler_t?) -> sigaction {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = disposition
    return action
}

/// Returns what was done before.
func replaceAction(of signal: Int32, by action: sigaction) -> sigaction {
    var action = action
    var previous = sigaction()
    sigaction(signal, &action, &previous)
    return previous
}
