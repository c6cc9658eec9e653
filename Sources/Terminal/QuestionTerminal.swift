import Foundation
import HostSystem

/// Asks questions on a terminal, one line each, before there is a screen. The terminal edits the line and shows it, or
/// does not show it, as the answer to a question for a password.
///
/// However the question ends, the terminal has its modes again: also after Ctrl-C, Ctrl-\, a hang-up, and while the
/// program is stopped by Ctrl-Z.
public final class QuestionTerminal {
    public enum Answer: Sendable, Equatable {
        case line(String)
        case notUTF8
        /// Ctrl-D, or the terminal is gone.
        case end
        /// The signal has its default action again, and was not raised anew.
        case signal(Int32)
    }

    private let input: Int32
    private let writer: NonblockingWriter
    private let saved: termios

    /// A terminal's line has no more bytes.
    private static let maxBytes = 4096
    private static let endings = SignalPipe.endings
    private static let jobControl = [SIGTSTP, SIGCONT]

    /// Nil if input or output is no terminal.
    public init?(input: Int32 = STDIN_FILENO, output: Int32 = STDERR_FILENO) {
        var modes = termios()
        guard isatty(input) == 1, isatty(output) == 1, tcgetattr(input, &modes) == 0 else { return nil }
        self.input = input
        writer = NonblockingWriter(output)
        saved = modes
    }

    /// The width of the window in cells; that of a common terminal if it is unknown.
    public var columns: Int { WindowSize(of: input).columns ?? 80 }

    /// Asks a question, and waits for the line.
    /// - Parameters:
    ///   - question: It is written as it is, so it must not have control characters.
    ///   - isSecret: Whether the terminal does not show what is typed.
    public func ask(_ question: String, isSecret: Bool = false) -> Answer {
        guard let signals = SignalPipe(Self.endings + Self.jobControl) else { return .end }
        if take(isSecret) { write(question) }
        var answer = read(question, isSecret, signals)
        give(isSecret)
        signals.end()
        // A signal that came between the answer and the end of the watch counts, too.
        while let number = signals.next() {
            if Self.endings.contains(number) { answer = .signal(number) }
        }
        // The terminal shows the line break only of a line that it shows.
        if isSecret || !answer.isLine { write("\n") }
        return answer
    }

    private func read(_ question: String, _ isSecret: Bool, _ signals: SignalPipe) -> Answer {
        var (line, buffer) = ([UInt8](), [UInt8](repeating: 0, count: Self.maxBytes))
        var wasStopped = false
        while true {
            // Whoever reads in the background is stopped. It must not be within the read, which would go on in front with
            // the modes of the shell, and show a password.
            let isBehind = isInBackground
            if isBehind, !wasStopped {
                wasStopped = true
                kill(getpid(), SIGTTIN)
            }
            var descriptors = [
                pollfd(fd: signals.readEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isBehind ? -1 : input, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&descriptors, 2, isBehind ? 1000 : -1)
            if ready < 0 { continue }
            // Nobody stops a program without a shell that would bring it to the front.
            if ready == 0, isInBackground { return .end }
            if descriptors[0].revents != 0, let number = signals.next() {
                guard Self.jobControl.contains(number) else { return .signal(number) }
                wasStopped = false
                if number == SIGTSTP {
                    give(isSecret)
                    write("\n")
                    wasStopped = true
                    kill(getpid(), SIGSTOP)
                } else if take(isSecret) {
                    // The terminal has discarded what was typed.
                    line = []
                    write(question)
                }
                continue
            }
            guard descriptors[1].revents != 0 else { continue }
            let count = Foundation.read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return .end }
            line += buffer[..<count]
            if line.last == UInt8(ascii: "\n") {
                return String(validating: line.dropLast(), as: UTF8.self).map { .line($0) } ?? .notUTF8
            }
            if line.count > Self.maxBytes { return .end }
        }
    }

    /// Whether the terminal is another program's now. One that is not this session's is nobody's else.
    private var isInBackground: Bool {
        let group = tcgetpgrp(input)
        return group >= 0 && group != getpgrp()
    }

    /// - Returns: false if the program goes on in the background.
    @discardableResult
    private func take(_ isSecret: Bool) -> Bool {
        guard !isInBackground else { return false }
        guard isSecret else { return true }
        Rescue.arm(output: input, modes: saved, bytes: [])
        var modes = saved
        modes.c_lflag |= tcflag_t(ICANON | ISIG)
        modes.c_lflag &= ~tcflag_t(ECHO | ECHONL)
        // What was typed before the question was shown to everybody, so it is no password.
        tcsetattr(input, TCSAFLUSH, &modes)
        return true
    }

    /// Gives the terminal back. What was pasted behind a password must not reach the shell.
    private func give(_ isSecret: Bool) {
        guard isSecret else { return }
        Rescue.disarm()
        guard !isInBackground else { return }
        var modes = saved
        tcsetattr(input, TCSAFLUSH, &modes)
    }

    private func write(_ text: String) {
        writer.write(Array(text.utf8), within: .seconds(1))
    }
}

extension QuestionTerminal.Answer {
    fileprivate var isLine: Bool {
        switch self {
        case .line, .notUTF8: true
        case .end, .signal: false
        }
    }
}
