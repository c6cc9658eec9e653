/// The part of the scrollback that the window shows.
enum Viewport: Sendable, Equatable {
    /// The end; new messages scroll the window.
    case following
    /// A fixed place, which new messages and a resized window do not move.
    case anchored(Anchor)

    /// The top row of the window. It is relative to a message, because resizing and loading older messages change
    /// absolute rows.
    struct Anchor: Sendable, Equatable {
        var id: Transcript.LineID
        /// The offset in rows from the first row of the message's text. It is relative to the text, because a date line
        /// or a name line above it may come and go.
        var row: Int
    }
}
