import Foundation

/// A terminal that shows lines, without a screen of its own. Keys arrive one by one, and the terminal does not show
/// them by itself. Signals such as Ctrl-C stay the terminal's.
public final class LineTerminal {
    private let input: Int32
    private let output: Int32
    private let saved: termios

    /// Takes the terminal. Nil if input or output is none, if it cannot move its cursor, or if this program runs in the
    /// background.
    public init?(
        input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        guard isatty(input) == 1, isatty(output) == 1, tcgetpgrp(input) == getpgrp() else { return nil }
        guard let name = environment["TERM"], !name.isEmpty, name != "dumb" else { return nil }
        var modes = termios()
        guard (try? CharacterTable.useUTF8()) != nil, tcgetattr(input, &modes) == 0 else { return nil }
        (self.input, self.output, saved) = (input, output, modes)
        Rescue.arm(output: input, modes: modes, bytes: [])
        take()
    }

    deinit { stop() }

    /// Call it again when the program continues after it was stopped: the shell has set the terminal's modes since.
    /// False if the program goes on in the background.
    @discardableResult
    public func take() -> Bool {
        guard tcgetpgrp(input) == getpgrp() else { return false }
        Rescue.rearm()
        var modes = saved
        modes.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(input, TCSADRAIN, &modes)
        return true
    }

    /// Gives the terminal back.
    public func stop() {
        Rescue.disarm()
        guard tcgetpgrp(input) == getpgrp() else { return }
        var modes = saved
        tcsetattr(input, TCSADRAIN, &modes)
    }

    /// The size of a window in cells.
    public struct Size: Sendable, Equatable {
        public var rows = 24
        public var columns = 80

        public init() {}
    }

    /// The size of the window. What is unknown of it is as of a common terminal.
    public var size: Size {
        var size = Size()
        let known = WindowSize(of: output)
        (size.rows, size.columns) = (known.rows ?? size.rows, known.columns ?? size.columns)
        return size
    }

    /// The width of a scalar in cells, as `Terminal.characterWidth` has it.
    public static let characterWidth: @Sendable (Unicode.Scalar) -> Int = { CharacterTable.width(of: $0) }
}
