/// Whether a terminal marks the beginning and the end of a paste when it is asked to (xterm's mode 2004). Lines that it
/// does not mark look like typed ones, and each would be sent by itself.
enum PasteMarks: Sendable {
    /// Lines that arrive at once without marks are typed: by a program, or ahead over a slow link.
    case always
    /// tmux and screen paste without marks if a key binding does not ask for them, each paste in one piece.
    case sometimes
    /// The Linux console and serial terminals. A paste may arrive in pieces.
    case never

    /// - Parameter isInMultiplexer: Whether tmux or screen says so in the environment. Its terminal may have any name.
    init(terminal name: String, isXtermLike: Bool, isInMultiplexer: Bool) {
        if isInMultiplexer || TerminalOptions.isMultiplexer(name) {
            self = .sometimes
        } else {
            self = isXtermLike ? .always : .never
        }
    }
}
