import ChatWire
import ClientUpdates

/// A side effect that `update` asks for. The caller performs them in order.
public enum Effect: Sendable, Equatable {
    /// Store this text and send it to the peer, as a message about the product. `id` is unique for ever; it names the message until the server assigns
    /// its id. The message is shown once `outgoing` reports that it is on disk.
    case send(id: ClientMessageID, text: String, product: Product? = nil)
    /// Send a failed message again, under the same id.
    case resend(id: ClientMessageID)
    /// Delete a failed message.
    case discard(id: ClientMessageID)
    /// Load the page of history before this message. `history` or `historyUnavailable` answers.
    case loadOlder(before: MessageID)
    /// Load the page of stored history after this message, which had been loaded before. `newer` or
    /// `historyUnavailable` answers.
    case loadNewer(after: MessageID)
    /// Load a page of stored history that contains this message. `around` or `historyUnavailable` answers.
    case loadAround(MessageID)
    /// Load the oldest page of stored history. `beginning` or `historyUnavailable` answers.
    case loadOldest
    /// Load a page of stored history that contains the first message of this time or later. `since` or
    /// `historyUnavailable` answers.
    case loadSince(Timestamp)
    /// Search the whole stored history of the conversation for this text. `searchResults` answers.
    case search(String)
    /// Search all conversations for these words. `after` is where the page begins; nil for the newest messages. `found`
    /// answers, unless a later search replaces this one.
    case find(String, after: Int64?)
    /// The draft in the input line has changed to this text.
    case draftChanged(Draft)
    /// The user is typing a message.
    case typing
    /// The user has seen the peer's messages up to this one.
    case markRead(upTo: MessageID)
    /// Open the conversation with this peer, or the inbox if it is nil. `opened` answers.
    case open(UserID?)
    /// Block the peer, or unblock them. `blocked` or `blockingFailed` answers.
    case setBlocked(Bool)
    /// Set a flag of the conversation with this peer, or remove it.
    case setFlag(ConversationFlag, Bool, peer: UserID)
    /// Look whether another window of the user has set flags. `conversationNotes` answers if one has.
    case readFlags
    case reconnectNow
    /// Copy this text to the desktop's clipboard. `Event.copied` or `notCopiedByProgram` answers.
    case copy(String)
    /// Give this text to the terminal, which may put it on the clipboard. `Event.copied` answers.
    case copyByTerminal(String)
    /// Open this URL with the program that `BROWSER` names. The URL is passed as an argument, never through a shell.
    case openLink(String)
    /// Let the user edit this text in the program that `EDITOR` names. `Event.edited` returns the result.
    case editExternally(String)
    /// Look up products with these ids in the marketplace. `Event.listings` answers, as far as it is known.
    case lookUp(products: [String])
    /// Ring the terminal's bell.
    case bell
    /// Show a desktop notification. Both texts are safe to show.
    case notify(title: String, body: String)
    /// Repaint the whole screen, because the terminal may show something else than we assume.
    case redraw
    case suspend
    case quit
}
