/// Where a text went that the user copied.
public enum CopyOutcome: Sendable, Equatable {
    /// A program of the desktop put it on the clipboard.
    case clipboard(program: String)
    /// It is in tmux's own buffer. `prefix` is tmux's prefix key as its settings write it, such as `C-b`.
    /// `isPassedOn` says whether tmux also sent it to its terminal.
    case tmux(prefix: String, isPassedOn: Bool)
    /// The terminal got it in a sequence (OSC 52) that it does not answer.
    case terminal
    case nowhere
}
