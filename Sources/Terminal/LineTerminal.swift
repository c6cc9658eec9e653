import CNcurses
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

    /// The width of the window, or 80 if it is unknown.
    public var columns: Int {
        var rows: Int32 = 0
        var columns: Int32 = 0
        guard cn_window_size(output, &rows, &columns) == 0, columns > 0 else { return 80 }
        return Int(columns)
    }

    /// The width of a scalar in cells, as `Terminal.characterWidth` has it.
    public static let characterWidth: @Sendable (Unicode.Scalar) -> Int = { CharacterTable.width(of: $0) }
}
