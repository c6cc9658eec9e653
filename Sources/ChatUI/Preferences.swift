/// What the user chose in the settings, and some facts about this machine.
public struct Preferences: Sendable, Hashable {
    /// Ring the bell when a message arrives while the user is not looking at the window.
    public var ringsBell = true
    /// Show a desktop notification for such a message, if the terminal supports it.
    public var notifies = true
    /// Include the text of the message in the notification, not only the sender's name.
    public var notifiesWithText = true
    /// Show the number of unread messages in the window's title.
    public var countsInTitle = true
    /// Tell the peer when the user is typing.
    public var tellsTyping = true
    /// Tell the peer what the user has read.
    public var tellsRead = true
    /// Show whether the peer is online.
    public var showsPresence = true
    /// Show when the peer is typing.
    public var showsTyping = true
    /// Show which messages were delivered to the peer's devices, and which were read.
    public var showsReceipts = true
    /// Whether the terminal shows the mark of a read message in a colour of its own. Otherwise it is underlined.
    public var marksReadByColor = true
    /// Whether `BROWSER` names a program that opens links. Otherwise links are copied.
    public var opensLinks = false

    /// The texts that the user sends often, in the order in which they are listed.
    public var templates: [Template] = []

    /// What to tell a user whose locale is English and who has not chosen a language. Nil to tell nothing.
    public var englishHint: EnglishHint?

    public init() {}

    func allows(_ effect: Effect) -> Bool {
        switch effect {
        case .bell: ringsBell
        case .notify: notifies
        case .typing: tellsTyping
        case .send, .resend, .discard, .loadOlder, .loadNewer, .loadAround, .loadOldest, .loadSince, .search, .find,
            .draftChanged,
            .markRead, .open, .setBlocked, .setFlag, .readFlags, .reconnectNow, .copy, .copyByTerminal, .openLink,
            .editExternally, .lookUp, .redraw, .suspend, .quit:
            true
        }
    }
}
