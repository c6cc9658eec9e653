/// What the user may switch on and off.
public struct Preferences: Sendable, Hashable {
    /// Ring when a message comes while the window is not before the user's eyes.
    public var ringsBell = true
    /// Tell the desktop of it, where the terminal passes that on.
    public var notifies = true
    /// Say in a notification what was written, and not only who wrote.
    public var notifiesWithText = true
    /// Count unread messages in the window's title.
    public var countsInTitle = true
    /// Let the peer know that the user is typing.
    public var tellsTyping = true
    /// Let the peer know what the user has read.
    public var tellsRead = true
    /// Show whether the peer is there.
    public var showsPresence = true
    /// Show that the peer is typing.
    public var showsTyping = true
    /// Tell messages apart that the peer's devices have, and that they have read.
    public var showsReceipts = true
    /// The terminal shows the sign of what the peer has read in a colour of its own, and not underlined.
    public var marksReadByColor = true
    /// There is a program that opens links (`BROWSER`); otherwise they are copied.
    public var opensLinks = false

    /// The user gave a token to authorise with.
    public var hasToken = false

    public init() {}

    func allows(_ effect: Effect) -> Bool {
        switch effect {
        case .bell: ringsBell
        case .notify: notifies
        case .typing: tellsTyping
        case .send, .resend, .discard, .loadOlder, .loadNewer, .loadAround, .loadOldest, .search, .draftChanged,
            .markRead, .open, .setBlocked, .reconnectNow, .copy, .openLink, .editExternally, .redraw, .suspend, .quit:
            true
        }
    }
}
