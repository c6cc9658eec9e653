import ChatWire

/// What `update` wants done in the world, in order.
public enum Effect: Sendable, Equatable {
    /// Store this text and send it to the peer. `id` is unique for ever and names the message until the server gives it
    /// an id. It is shown when `outgoing` says that it is stored.
    case send(id: ClientMessageID, text: String)
    /// Send a message that waits for the user's word, under the same id.
    case resend(id: ClientMessageID)
    /// Forget a message that waits for the user's word.
    case discard(id: ClientMessageID)
    /// Load the page of history before this message; `history` or `historyUnavailable` answers.
    case loadOlder(before: MessageID)
    /// Load the page of stored history behind this message, which was here before; `newer` or `historyUnavailable`
    /// answers.
    case loadNewer(after: MessageID)
    /// Load a page of stored history that holds this message; `around` or `historyUnavailable` answers.
    case loadAround(MessageID)
    /// Load the oldest page of stored history; `beginning` or `historyUnavailable` answers.
    case loadOldest
    /// Look for this text in the whole stored history of the conversation; `searchResults` answers.
    case search(String)
    /// The input line's text is another one now.
    case draftChanged(String)
    /// The user typed something of a message.
    case typing
    /// The user has seen the peer's messages up to this one.
    case markRead(upTo: MessageID)
    /// Another conversation is on the screen, or with nil the inbox; `opened` answers. `product` is what it is about,
    /// where the user said so.
    case open(UserID?, product: UntrustedText?)
    /// The user wants to hear nothing of the peer any more, or does again. `blocked` or `blockingFailed` answers.
    case setBlocked(Bool)
    case reconnectNow
    /// Put this text on the desktop's clipboard.
    case copy(String)
    /// Open this address with the program that `BROWSER` names: as an argument of it, never by a shell.
    case openLink(String)
    /// Let the user write this text in the program that `EDITOR` names; `edited` gives what became of it.
    case editExternally(String)
    /// Ring the terminal's bell.
    case bell
    /// Tell the desktop. Both texts are safe to show.
    case notify(title: String, body: String)
    /// Paint everything anew: the terminal may show something else than we think.
    case redraw
    case suspend
    case quit
}
