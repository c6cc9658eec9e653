/// What `update` wants done in the world, in order.
public enum Effect: Sendable, Equatable {
    /// Send this text to the peer. `id` is unique for ever and names the message until the server gives it an id.
    case send(id: String, text: String)
    /// Send a refused or unconfirmed message once more, under the same id.
    case resend(id: String)
    /// Forget a refused or unconfirmed message.
    case discard(id: String)
    /// Load the page of history before the oldest message shown.
    case loadOlder(before: String)
    case reconnectNow
    /// Ring the terminal's bell.
    case bell
    /// Paint everything anew: the terminal may show something else than we think.
    case redraw
    case suspend
    case quit
}
