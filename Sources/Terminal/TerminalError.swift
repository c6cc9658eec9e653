/// Why a terminal could not be taken. All of them are the world's: the program can only tell the user.
public enum TerminalError: Error, Hashable, CustomStringConvertible {
    /// Neither the user's locale nor `C.UTF-8` and the like has UTF-8.
    case noUTF8Locale
    /// Standard input or output is a file or a pipe.
    case notATerminal
    /// The variable TERM is not set.
    case terminalNotNamed
    /// The terminfo database does not know this value of TERM.
    case unknownTerminal(String)
    /// A terminal that only prints line after line, as `dumb` does.
    case cannotAddressCursor(String)
    /// There is one screen, and it is in use.
    case alreadyInUse
    /// The operating system refused; the number is `errno`.
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

    /// TERM is text of the environment, and goes to the terminal that it wrongly names.
    private static func printable(_ name: String) -> String {
        String(name.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}
