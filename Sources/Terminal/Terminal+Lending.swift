import CLibrary

/// How a program that had the terminal ended.
public enum ChildEnd: Sendable, Hashable {
    case exited(code: Int32)
    case killed(signal: Int32)
    /// It runs on: this program is to end, and has told it so.
    case left

    /// By what `waitpid` tells of a program that has ended.
    public init(status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited(code: status >> 8 & 0xFF) : .killed(signal: signal)
    }
}

// Job control (POSIX, XBD 11.1; the C library's manual, Job Control). This program and the one that it starts are one job of the
// shell's. So the other one stays in this process group: Ctrl-Z reaches both, and `fg` goes on with both. When the other one
// has stopped, this one stops as well, which is what the shell waits for.
extension Terminal {
    /// Gives the terminal to another program, which `start` starts in this process group, and returns when it has ended. Keys
    /// that interrupt or stop a program are that program's. If this program is asked to end meanwhile, so is that one;
    /// the next `wait` tells.
    public func lend<Failure: Error>(to start: () throws(Failure) -> pid_t) throws(Failure) -> ChildEnd {
        let isTaken = !isStopped && !isAway
        if isTaken { giveBack() }
        defer {
            if isTaken { comeBack(endingBy: [SIGTERM, SIGHUP]) }  // Ctrl-C was the other program's
            pipe.wake()  // one that came meanwhile is forgotten
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
            // From a process; the terminal's own has reached the other program as well.
            case SIGTSTP, SIGCONT: kill(loan.child, signal)
            case SIGTERM, SIGHUP:
                missed.append(.terminate(signal: signal))
                loan.end(by: signal)
            default: break
            }
        }
    }

    /// The other program has stopped: all of the job does. Returns when it goes on.
    private func stopJob(with loan: inout Loan) {
        // A shell has its own process group, and may have been stopped by somebody else while it had the terminal.
        let group = loan.group
        let had = tcgetpgrp(output) == group
        let start = ContinuousClock.now
        signals.stopProcess()
        // Where nobody could make it go on, it did not stop, and the other one goes on too; not in a tight loop.
        if .now - start < .milliseconds(10) { usleep(100_000) }
        noteTermination(within: isInBackground ? .milliseconds(50) : .zero, by: [SIGTERM, SIGHUP])
        if had, group != getpgrp(), !isInBackground { tcsetpgrp(output, group) }
        if group > 0, group != getpgrp() { kill(-group, SIGCONT) }
        kill(loan.child, SIGCONT)
        for case .terminate(let signal) in missed { loan.end(by: signal) }
    }

    /// A shell that was killed leaves the terminal with a process group that is gone.
    private func takeFromTheDead(_ group: pid_t) {
        let foreground = tcgetpgrp(output)
        guard isInBackground, foreground == group || (kill(-foreground, 0) != 0 && errno == ESRCH) else { return }
        let action = replaceAction(of: SIGTTOU, by: makeAction(SIG_IGN))
        tcsetpgrp(output, getpgrp())
        _ = replaceAction(of: SIGTTOU, by: action)
    }
}

extension Terminal {
    /// Somebody asked the program to end, and the next `wait` tells.
    public var isToEnd: Bool { missed.contains { if case .terminate = $0 { true } else { false } } }

    /// Another job has the terminal.
    var isInBackground: Bool {
        let group = tcgetpgrp(output)
        return group > 0 && group != getpgrp()
    }

    /// After a stop. In the background the program stops again before it touches the terminal, unless it is to end.
    func comeBack(endingBy signals: [Int32] = [SIGTERM, SIGHUP, SIGINT]) {
        while isInBackground {
            noteTermination(within: .milliseconds(50), by: signals)
            guard missed.isEmpty else { return }
            let start = ContinuousClock.now
            self.signals.stopProcess()
            if .now - start < .milliseconds(10) { break }  // nobody could make it go on
        }
        noteTermination(within: .zero, by: signals)
        guard missed.isEmpty else { return }
        takeBack()
    }

    /// What was said while nobody waited for events.
    private func noteTermination(within patience: Duration, by signals: [Int32]) {
        pipe.waitForBytes(until: .now + patience)
        let bytes = pipe.drain()
        missed += bytes.map(Int32.init).filter(signals.contains).map { .terminate(signal: $0) }
        if bytes.contains(0) { pipe.wake() }
    }
}

/// A program that has the terminal.
private struct Loan {
    enum Status {
        case running, stopped
        case ended(ChildEnd)
    }

    let child: pid_t
    /// The process group that it was last seen in.
    private(set) var group: pid_t = -1
    /// When the next step comes, once it has been asked to end.
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
        if result < 0 { return .ended(.exited(code: 0)) }  // somebody else was told how it ended
        if status & 0xFF == 0x7F { return .stopped }
        return .ended(ChildEnd(status: status))
    }

    var isOverdue: Bool { deadline.map { $0 <= .now } ?? false }

    mutating func end(by signal: Int32) {
        kill(child, signal)
        kill(child, SIGCONT)
        if deadline == nil { deadline = .now + Self.patience }
    }

    /// A shell does not end by SIGTERM, but when its terminal hangs up. False if that has been tried.
    mutating func insist() -> Bool {
        guard !hasHungUp else { return false }
        hasHungUp = true
        deadline = .now + Self.patience
        kill(child, SIGHUP)
        kill(child, SIGCONT)
        return true
    }
}
