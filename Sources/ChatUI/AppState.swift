import ChatWire
import ClientUpdates

/// What lasts while the program runs, whatever is on the screen: the user's settings, the window, the connection, and
/// what is known of conversations that are not on the screen.
struct AppState: Sendable {
    let user: UserID
    let texts: Texts
    let keys: KeyBindings
    var preferences: Preferences

    // The window.
    var size: Size
    var focus = WindowFocus.unknown
    /// The event under way is the user's doing.
    var isUserActing = false
    /// When the user was called last.
    var lastAlert: ContinuousClock.Instant?
    /// How much of a conversation is held.
    var capacity = Transcript.Capacity()

    // The connection and the disk.
    var connection = ConnectionStatus.connecting(attempt: 1)
    /// The server's, or the usual ones until it told them.
    var limits = MessageLimits()
    /// The disk does not take what happens here. Nil: it does.
    var notKept: NotKept?

    // The other conversations.
    /// Nil where the user came for one conversation and has not asked for others.
    var inbox: InboxList?
    /// What is kept of conversations that were left, by their peers.
    var parked: [UserID: ParkedConversation] = [:]
    /// How many times `Effect.open` was asked for and not answered: until it is, news is about the conversation before.
    var awaitedOpenings = 0

    // What is shown with the list or the conversation, until another one is opened. What was cut stays in the editor.
    var editor = LineEditor()
    var notice: Notice?
    /// When the notice disappears of itself.
    var noticeUntil: ContinuousClock.Instant?
    var overlay: Overlay?
    /// Since when the server was asked for what is missing, and has not given all of it.
    var loadingSince: ContinuousClock.Instant?

    struct NotKept: Sendable, Equatable {
        /// In a person's words.
        var reason: String
        var isForGood: Bool
    }

    /// What lies over the list or the conversation.
    enum Overlay: Sendable, Equatable {
        /// `top` is the first row of the help that is shown.
        case help(top: Int)
        case links(LinkList)
    }

    init(user: UserID, language: Language, keys: KeyBindings, preferences: Preferences, size: Size) {
        self.user = user
        texts = Texts(language)
        self.keys = keys
        self.preferences = preferences
        self.size = size.atLeastOneCell
    }

    var isOnline: Bool {
        if case .online = connection { true } else { false }
    }

    /// The least window that has room for everything.
    static let minimumSize = Size(rows: 10, columns: 40)

    var isWindowTooSmall: Bool { size.rows < Self.minimumSize.rows || size.columns < Self.minimumSize.columns }

    /// How a conversation of the list is called. Safe to show.
    func shownName(of entry: ConversationList.Entry) -> String {
        GivenOrTold(given: parked[entry.peer]?.givenName, told: entry.peerName).shown(or: entry.peer)
    }

    /// Another conversation, or the list, comes on the screen, with this in the input line.
    mutating func clearForAnother(draft: String) {
        editor.clear()
        if !draft.isEmpty { editor.insert(draft) }
        (notice, noticeUntil, overlay, loadingSince) = (nil, nil, nil, nil)
    }
}

extension Size {
    /// A terminal that does not know its size may tell none.
    var atLeastOneCell: Size { Size(rows: max(1, rows), columns: max(1, columns)) }
}
