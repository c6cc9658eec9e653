import CLibrary
import HostSystem
import Synchronization

/// Turns signals into bytes in a pipe, so that they are handled between two paints.
///
/// Signals belong to the process, so there is only one watch at a time.
final class SignalWatch {
    static let watched = [SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT]

    /// Signals that matter only while another program has the terminal. Ctrl-\ is then meant for that program.
    private static let watchedBesideChild = [SIGCHLD, SIGQUIT]

    /// The pipe that the handler writes to.
    private static let pipe = Atomic<Int32>(-1)

    private var previous: [(signal: Int32, action: sigaction)] = []

    init(pipe: WakePipe) {
        Self.pipe.store(pipe.writeEnd, ordering: .sequentiallyConsistent)
        previous = Self.watched.filter(Self.isOurs).map { ($0, replaceAction(of: $0, by: Self.action)) }
    }

    /// Whether this program may handle the signal. Some are ignored by default, so ignoring them was not the parent's
    /// wish.
    private static func isOurs(_ signal: Int32) -> Bool {
        [SIGWINCH, SIGCONT, SIGCHLD].contains(signal) || !IgnoredSignals.atStart.contains(signal)
    }

    /// Also watches a child process, for as long as `body` runs.
    func besideChild<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let previous = Self.watchedBesideChild.filter(Self.isOurs).map { ($0, replaceAction(of: $0, by: Self.action)) }
        defer { for (signal, action) in previous { _ = replaceAction(of: signal, by: action) } }
        return try body()
    }

    /// Restores the signals' previous actions.
    func end() {
        for (signal, action) in previous { _ = replaceAction(of: signal, by: action) }
        previous = []
        Self.pipe.store(-1, ordering: .sequentiallyConsistent)
    }

    private static var action: sigaction {
        makeAction(flags: SA_RESTART) { signal in
            // The interrupted code may be about to read `errno`.
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: signal)
            write(SignalWatch.pipe.load(ordering: .sequentiallyConsistent), &byte, 1)
            errno = saved
        }
    }

    /// Stops the process and its whole job, as Ctrl-Z does in a shell, and returns when it continues. In an orphaned
    /// process group nobody could continue it; the system then ignores the signal, and this returns at once.
    func stopProcess() {
        let onStop = replaceAction(of: SIGTSTP, by: makeAction(SIG_IGN))
        let onContinue = replaceAction(of: SIGCONT, by: makeAction(SIG_DFL))  // this program knows that it continues
        kill(0, SIGTSTP)  // stops the other processes of the job
        _ = replaceAction(of: SIGTSTP, by: makeAction(SIG_DFL))
        raise(SIGTSTP)  // stops this thread, so that it does nothing before the process stops
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

/// Returns the previous action.
func replaceAction(of signal: Int32, by action: sigaction) -> sigaction {
    var action = action
    var previous = sigaction()
    sigaction(signal, &action, &previous)
    return previous
}
