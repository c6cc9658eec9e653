/// Which part of the scrollback is in the window.
enum Viewport: Sendable, Equatable {
    /// The end, and new messages move it.
    case following
    /// A place that stays whatever arrives, and whatever the window's size becomes.
    case anchored(Anchor)

    /// The window's top row, told by a message rather than by a count of rows, which resizing and older messages change.
    struct Anchor: Sendable, Equatable {
        var id: Transcript.LineID
        /// Rows below the first row of the message's text, or above it if negative: date and name lines come and go
        /// with the messages before.
        var row: Int
    }
}
