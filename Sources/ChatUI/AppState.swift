import ChatWire
import ClientUpdates

/// The state that lasts while the program runs, whatever is on the screen: the user's settings, the window, the
/// connection, and what is known of the conversations that are not open.
struct AppState: Sendable {
    let user: UserID
    var texts: Texts
    let keys: KeyBindings
    var preferences: Preferences

    // The window.
    var size: Size
    var focus = WindowFocus.unknown
    /// Whether the event being handled is an action of the user in this window.
    var isHandlingUserInput = false
    /// When the bell or a notification last called the user.
    var lastAlert: ContinuousClock.Instant?
    /// How many messages of a conversation are held in memory.
    var capacity = Transcript.Capacity()

    // The connection and the disk.
    var connection = ConnectionStatus.connecting(attempt: 1)
    /// The server's limits for messages. The usual ones until the server has sent its own.
    var limits = MessageLimits()
    /// Why new messages and drafts are not saved on disk. Nil while they are saved.
    var notKept: NotKept?

    // The other conversations.
    var inbox = InboxList()
    /// What was under the user's finger in the list before it changed by itself.
    var formerlyUnderFinger = Recent<Model.UnderFinger>()
    /// What was under the user's finger in the list when they decided on the key that is being handled. Nil if it still
    /// is.
    var meant: Model.UnderFinger?
    /// When rows in sight take the numbers of those that are out of sight. Nil if there are none.
    var numbersDue: ContinuousClock.Instant?
    /// Whether Esc goes from a conversation to the list. It does not in the conversation that the program began with, until
    /// the user has left it.
    var escapeOpensList = true
    /// Whether the user was told that flags are kept on this machine only.
    var hasToldWhereFlagsAre = false
    /// What is kept of the conversations that the user left, by peer.
    var parked: [UserID: ParkedConversation] = [:]
    /// The number of `Effect.open` that have no `Update.opened` yet. Until they are answered, updates about a
    /// conversation mean the previous one.
    var unansweredOpens = 0

    /// The search in all conversations, while its results are shown or wait behind one of them.
    var finder: Finder?
    /// What the marketplace says about products.
    var listings = Listings()
    /// What was sent from this window, in every conversation.
    var sent = SentTexts()

    /// Notices that nobody has seen yet, because others are shown. The most serious is the first. None of them is about
    /// the open conversation, so they outlive it.
    var waitingNotices: [Notice] = []

    // These are reset when another conversation is opened. The editor then keeps only its kill ring.
    var editor = LineEditor()
    var notice: Notice?
    /// When the notice disappears by itself. Nil if it stays until the next key.
    var noticeUntil: ContinuousClock.Instant?
    var overlay: Overlay?
    /// Since when missing messages are being loaded. Nil if nothing is missing.
    var loadingSince: ContinuousClock.Instant?

    enum NotKept: Sendable, Equatable {
        /// The disk may take everything again.
        case failing(StoreFailure)
        /// Nothing is saved while the program runs.
        case forGood(DiskProblem)

        var isForGood: Bool {
            switch self {
            case .failing: false
            case .forGood: true
            }
        }
    }

    /// What covers the list or the conversation.
    enum Overlay: Sendable, Equatable {
        /// `top` is the first visible row of the help.
        case help(top: Int)
        case choices(Choices)
        /// The search in all conversations, `finder`.
        case found
    }

    var isHelpShown: Bool { if case .help = overlay { true } else { false } }

    /// Closes what covers the list or the conversation. The search in all conversations stays below the help.
    mutating func closeOverlay() { overlay = finder.map { $0.isVisiting ? nil : .found } ?? nil }

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

    /// The smallest window that has room for all parts of the screen.
    static let minimumSize = Size(rows: 10, columns: 40)

    var isWindowTooSmall: Bool { size.rows < Self.minimumSize.rows || size.columns < Self.minimumSize.columns }

    /// The name of a conversation in the list. It is safe to show.
    func displayName(of entry: InboxEntry) -> String {
        OverridableText(override: parked[entry.peer]?.givenName, fromServer: entry.peerName).displayed(or: entry.peer)
    }

    /// The id that stands beside a conversation's name, if it needs one. `name` is the server's; the user may have given
    /// another.
    func distinction(of peer: UserID, named name: UntrustedText?) -> String? {
        inbox.distinction(of: peer, named: parked[peer]?.givenName ?? name)
    }

    /// Resets what belongs to the previous conversation or to the list, and puts a draft into the input line.
    mutating func resetForOpening(draft: Draft) {
        editor.clear()
        if !draft.isEmpty { editor.replaceAll(with: draft) }
        (notice, noticeUntil, overlay, loadingSince) = (nil, nil, nil, nil)
    }
}

extension Size {
    /// At least 1×1: a terminal that does not know its size may report 0×0.
    var atLeastOneCell: Size { Size(rows: max(1, rows), columns: max(1, columns)) }
}
