import CLibrary
import HostSystem

// Job control (POSIX, XBD 11.1; the C library's manual, Job Control). This program and the one it starts are one job of
// the shell. So the child stays in this process group: Ctrl-Z reaches both, and `fg` continues both. When the child has
// stopped, this program stops as well, because the shell waits for that.
extension Terminal {
    /// Lends the terminal to another program and returns when it has ended. `start` starts the program in this process
    /// group. Keys that interrupt or stop a program act on that program. If this program is asked to end meanwhile, the
    /// other one is, too, and the next `wait` reports it.
    public func lend<Failure: Error>(to start: () throws(Failure) -> pid_t) throws(Failure) -> ChildEnd {
        let isTaken = !isStopped && !isAway
        if isTaken { giveBack() }
        defer {
            if isTaken { comeBack(endingBy: [SIGTERM, SIGHUP]) }  // Ctrl-C was meant for the other program
            pipe.wake()  // discards a wake-up that came meanwhile
        }
        return try signals.besideChild { () throws(Failure) in
            var loan = Loan(child: try start())
            let end = waitForEnd(of: &loan)
            takeFromTheDead(loan.group)
            return end
        }
    }

    private func waitForEnd(of loan: inout Loan) -> ChildEnd {
        while true {
            switch loan.status() {
            case .ended(let end): return end
            case .stopped where loan.deadline == nil: stopJob(with: &loan)
            case .running, .stopped:
                pipe.waitForBytes(until: loan.deadline)
                takeSignals(for: &loan)
                if loan.isOverdue, !loan.insist() { return .left }
            }
        }
    }

    private func takeSignals(for loan: inout Loan) {
        for signal in pipe.drain().map(Int32.init) {
            switch signal {
            // Sent by a process. If the terminal sends these signals, they reach the other program anyway.
            case SIGTSTP, SIGCONT: kill(loan.child, signal)
            case SIGTERM, SIGHUP:
                missed.append(.terminate(signal: signal))
                loan.end(by: signal)
            default: break
            }
        }
    }

    /// The other program has stopped, so the whole job stops. Returns when it continues.
    private func stopJob(with loan: inout Loan) {
        // A shell has its own process group, and somebody else may have stopped it while it had the terminal.
        let group = loan.group
        let had = tcgetpgrp(output) == group
        let start = ContinuousClock.now
        signals.stopProcess()
        // If nobody could continue the job, it did not stop, and the other program goes on. The pause avoids a tight
        // loop.
        if .now - start < .milliseconds(10) { usleep(100_000) }
        noteTermination(within: isInBackground ? .milliseconds(50) : .zero, by: [SIGTERM, SIGHUP])
        if had, group != getpgrp(), !isInBackground { tcsetpgrp(output, group) }
        if group > 0, group != getpgrp() { kill(-group, SIGCONT) }
        kill(loan.child, SIGCONT)
        for case .terminate(let signal) in missed { loan.end(by: signal) }
    }

    /// A shell that was killed leaves the terminal to a process group that no longer exists.
    private func takeFromTheDead(_ group: pid_t) {
        let foreground = tcgetpgrp(output)
        guard isInBackground, foreground == group || (kill(-foreground, 0) != 0 && errno == ESRCH) else { return }
        let action = replaceAction(of: SIGTTOU, by: makeAction(SIG_IGN))
        tcsetpgrp(output, getpgrp())
        _ = replaceAction(of: SIGTTOU, by: action)
    }
}

extension Terminal {
    /// Whether this program was asked to end. The next `wait` reports it.
    public var isToEnd: Bool { missed.contains { if case .terminate = $0 { true } else { false } } }

    /// Whether another job has the terminal.
    var isInBackground: Bool {
        let group = tcgetpgrp(output)
        return group > 0 && group != getpgrp()
    }

    /// Takes the terminal back after a stop. In the background the program stops again before it touches the terminal,
    /// unless it has to end.
    func comeBack(endingBy signals: [Int32] = [SIGTERM, SIGHUP, SIGINT]) {
        while isInBackground {
            noteTermination(within: .milliseconds(50), by: signals)
            guard missed.isEmpty else { return }
            let start = ContinuousClock.now
            self.signals.stopProcess()
            if .now - start < .milliseconds(10) { break }  // nobody could continue the job
        }
        noteTermination(within: .zero, by: signals)
        guard missed.isEmpty else { return }
        takeBack()
    }

    /// Collects signals that arrived while nobody waited for events.
    private func noteTermination(within patience: Duration, by signals: [Int32]) {
        pipe.waitForBytes(until: .now + patience)
        let bytes = pipe.drain()
        missed += bytes.map(Int32.init).filter(signals.contains).map { .terminate(signal: $0) }
        if bytes.contains(0) { pipe.wake() }
    }
}

/// A program that the terminal is lent to.
private struct Loan {
    enum Status {
        case running, stopped
        case ended(ChildEnd)
    }

    let child: pid_t
    /// The process group that the program was last seen in.
    private(set) var group: pid_t = -1
    /// When to take the next step, after the program was asked to end.
    private(set) var deadline: ContinuousClock.Instant?
    private var hasHungUp = false

    private static let patience: Duration = .seconds(1)

    init(child: pid_t) { self.child = child }

    mutating func status() -> Status {
        let seen = getpgid(child)
        if seen > 0 { group = seen }
        var status: Int32 = 0
        var result = waitpid(child, &status, WNOHANG | WUNTRACED)
        while result < 0, errno == EINTR { result = waitpid(child, &status, WNOHANG | WUNTRACED) }
        if result == 0 { return .running }
        if result < 0 { return .ended(.exited(code: 0)) }  // somebody else has waited for it
        if status & 0xFF == 0x7F { return .stopped }
        return .ended(ChildEnd(status: status))
    }

    var isOverdue: Bool { deadline.map { $0 <= .now } ?? false }

    mutating func end(by signal: Int32) {
        kill(child, signal)
        kill(child, SIGCONT)
        if deadline == nil { deadline = .now + Self.patience }
    }

    /// Sends SIGHUP, since a shell does not end by SIGTERM but ends when its terminal hangs up. Returns false if that
    /// was sent already.
    mutating func insist() -> Bool {
        guard !hasHungUp else { return false }
        hasHungUp = true
        deadline = .now + Self.patience
        kill(child, SIGHUP)
        kill(child, SIGCONT)
        return true
    }
}
