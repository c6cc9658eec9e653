import ChatWire

/// All that the screen depends on, but for the clock and the character widths. Only `update` changes it.
public struct Model: Sendable {
    public let user: UserID
    /// Whose conversation is on the screen. Nil: the inbox is.
    public let peer: UserID?
    let texts: Texts
    let keys: KeyBindings
    public var preferences: Preferences

    /// Given by the user or told by the server; without either, the peer's id is the name.
    var peerName: UntrustedText?
    var product: UntrustedText?
    /// What the user gave on the command line, the server does not change.
    let isPeerNameGiven: Bool
    let isProductGiven: Bool

    /// Nil where the user came for one conversation and has not asked for others.
    var inbox: InboxList?
    /// What there is of conversations that are not on the screen, by their peers.
    var parked: [UserID: ParkedConversation] = [:]
    /// So many times another conversation was asked for, and the world still speaks of the one before.
    var awaitedOpenings = 0

    var size: Size
    var focus = Focus.unknown
    /// The event under way is the user's doing.
    var isUserActing = false
    var connection = ConnectionState.connecting(attempt: 1)
    /// Nothing is missing that came before now.
    var isCaughtUp = false
    /// The server was asked for what is missing here, and has not given all of it yet.
    var loadingSince: ContinuousClock.Instant?
    /// Whether there is a history was told, from wherever.
    var isHistoryKnown = false
    /// Why the server's is not here, or not all of it.
    var historyProblem: HistoryProblem?
    /// Not caught up for the first time yet: what was missed since the last window is new.
    var isStarting = true
    /// The disk does not take what happens here. Nil: it does.
    var notKept: NotKept?
    /// The server's, or the usual ones until it told them.
    var limits = MessageLimits()

    var transcript: Transcript
    /// Written here, and not on disk yet, so not in the transcript either; in the order of writing.
    var unsaved: [Unsaved] = []
    /// Whether the disk or the server has messages older than the first one here.
    var hasOlder = false
    /// The message whose predecessors are being loaded.
    var loadingBefore: MessageID?
    /// The message whose successors are being loaded.
    var loadingAfter: MessageID?
    /// How far the way to the beginning of the conversation is. Nil: the user is not on it.
    var jumpToTop: JumpToTop?
    var viewport = Viewport.following
    /// How many of the peer's messages arrived unseen.
    var newCount = 0
    /// The message before which the line stands that says where new ones begin.
    var firstNew: MessageID?
    /// The line belongs before a message that is not loaded yet.
    var isNewLineAwaited = false
    /// That line was before the user's eyes.
    var isNewLineSeen = false

    /// Nil: unknown.
    var presence: Presence?
    /// Whether the user blocks the peer. Nil: unknown.
    var isBlocked: Bool?
    /// The user asked for this just now, and waits for the server's word.
    var awaitedBlock: Bool?
    /// The peer was typing: so long it counts.
    var typingUntil: ContinuousClock.Instant?

    /// The message that the keys for one message act upon.
    var selected: Transcript.LineID?
    var search: Search?
    /// When the user was called last.
    var lastAlert: ContinuousClock.Instant?

    var editor = LineEditor()
    /// What the user had left in the input line when they were here before.
    var restoredDraft: String?
    /// The draft as the world was told of it last.
    var reportedDraft = ""
    var inputHistory = InputHistory()
    var notice: Notice?
    /// When the notice disappears of itself.
    var noticeUntil: ContinuousClock.Instant?
    var overlay: Overlay?

    struct Unsaved: Sendable, Equatable {
        var id: ClientMessageID
        var text: UntrustedText
        /// What stood in the input line.
        var draft: String
        var createdAt: Timestamp
    }

    struct NotKept: Sendable, Equatable {
        /// In a person's words.
        var reason: String
        var isForGood: Bool
    }

    /// After the key for the beginning, until it is here.
    enum JumpToTop: Sendable, Equatable {
        /// A page is under way that something else asked for.
        case begun
        /// The disk was asked for its oldest messages.
        case byDisk
        /// One page after the other.
        case byPages
    }

    /// What lies over the scrollback.
    enum Overlay: Sendable, Equatable {
        /// `top` is the first row of the help that is shown.
        case help(top: Int)
        case links(LinkList)
    }

    /// - `peer`: With whom the conversation is. Nil: there is the inbox.
    /// - `peerName`: As the user gave it. Nil: the server's word counts.
    /// - `product`: The product's title, as the user gave it. Nil: the server's word counts.
    public init(
        user: UserID, peer: UserID?, peerName: UntrustedText? = nil, product: UntrustedText? = nil,
        language: Language = .russian, keys: KeyBindings = .standard, preferences: Preferences = Preferences(),
        size: Size = Size(rows: 24, columns: 80)
    ) {
        self.user = user
        self.peer = peer
        transcript = Transcript(user: user)
        self.peerName = peerName
        self.product = product
        isPeerNameGiven = peerName != nil
        isProductGiven = product != nil
        texts = Texts(language)
        self.keys = keys
        self.preferences = preferences
        self.size = size.atLeastOneCell
        if peer == nil { inbox = InboxList() }
    }

    public var isOnline: Bool {
        if case .online = connection { true } else { false }
    }

    /// Messages that the disk did not take: they are in this window and nowhere else.
    public var messagesOnlyHere: Int {
        let elsewhere = parked.filter { $0.key != peer }.flatMap(\.value.pending)
        return (transcript.pending + elsewhere).count(where: \.isOnlyHere)
    }

    /// Whom the header names. Safe to show.
    var shownPeerName: String { peer.map { Self.shownName($0, peerName) } ?? texts.inboxTitle }

    static func shownName(_ peer: UserID, _ name: UntrustedText?) -> String {
        guard let name, name.isVisible else { return peer.displayed }
        return MessageLimits.trimmed(name.displayed())
    }

    /// The least window that has room for everything.
    static let minimumSize = Size(rows: 10, columns: 40)

    var isWindowTooSmall: Bool { size.rows < Self.minimumSize.rows || size.columns < Self.minimumSize.columns }
}

extension Size {
    /// A terminal that does not know its size may tell none.
    var atLeastOneCell: Size { Size(rows: max(1, rows), columns: max(1, columns)) }
}
