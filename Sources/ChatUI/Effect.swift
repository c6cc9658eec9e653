/// What `update` wants done in the world, in order.
public enum Effect: Sendable, Equatable {
    /// Store this text and send it to the peer. `id` is unique for ever and names the message until the server gives it
    /// an id. It is shown when `outgoing` says that it is stored.
    case send(id: String, text: String)
    /// Send a message that waits for the user's word, under the same id.
    case resend(id: String)
    /// Forget a message that waits for the user's word.
    case discard(id: String)
    /// Load the page of history before this message.
    case loadOlder(before: String)
    /// The input line's text is another one now.
    case draftChanged(String)
    /// The user typed something of a message.
    case typing
    /// The user has seen the peer's messages up to this one.
    case markRead(upTo: String)
    case reconnectNow
    /// Ring the terminal's bell.
    case bell
    /// Paint everything anew: the terminal may show something else than we think.
    case redraw
    case suspend
    case quit
}
