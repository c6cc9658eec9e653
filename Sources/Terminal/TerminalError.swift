/// Why the terminal cannot be used. None of these is a fault of the program; it can only tell the user.
public enum TerminalError: Error, Hashable, CustomStringConvertible {
    /// Neither the user's locale nor any of `C.UTF-8` and the like uses UTF-8.
    case noUTF8Locale
    /// Standard input or output is a file or a pipe.
    case notATerminal
    /// The variable TERM is not set.
    case terminalNotNamed
    /// The terminfo database does not know this value of TERM.
    case unknownTerminal(String)
    /// The terminal cannot move its cursor; it prints only line after line, as `dumb` does.
    case cannotAddressCursor(String)
    /// Another `Terminal` is in use. There can be one at a time.
    case alreadyInUse
    /// A system call failed. The number is `errno`.
    case systemCall(String, Int32)

    public var description: String {
        switch self {
        case .noUTF8Locale: "a UTF-8 locale is needed: try LC_ALL=C.UTF-8"
        case .notATerminal: "standard input and output must be a terminal"
        case .terminalNotNamed: "the variable TERM is not set: try TERM=xterm-256color"
        case .unknownTerminal(let name):
            "no description of the terminal '\(Self.printable(name))': try TERM=xterm-256color"
        case .cannotAddressCursor(let name):
            "the terminal '\(Self.printable(name))' cannot move the cursor: try TERM=vt100 or TERM=xterm-256color"
        case .alreadyInUse: "the terminal is in use by this program already"
        case .systemCall(let name, let number): "\(name) failed with error \(number)"
        }
    }

    /// TERM comes from the environment and is shown on the terminal, so only printable ASCII is kept.
    private static func printable(_ name: String) -> String {
        String(name.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}
