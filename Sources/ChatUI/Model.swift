import ChatWire

/// All that the screen depends on, but for the clock and the character widths. Only `update` changes it.
public struct Model: Sendable {
    /// What lasts, whatever is on the screen.
    var app: AppState
    /// The conversation on the screen. Nil: the list of conversations is.
    var conversation: ConversationScreen?

    init(app: AppState, conversation: ConversationScreen?) {
        self.app = app
        self.conversation = conversation
    }

    /// - `peer`: With whom the conversation is. Nil: the list of conversations is shown.
    /// - `peerName`: As the user gave it. Nil: the server's word counts.
    /// - `product`: The product's title, as the user gave it. Nil: the server's word counts.
    public init(
        user: UserID, peer: UserID?, peerName: UntrustedText? = nil, product: UntrustedText? = nil,
        language: Language = .russian, keys: KeyBindings = .standard, preferences: Preferences = Preferences(),
        size: Size = Size(rows: 24, columns: 80)
    ) {
        app = AppState(user: user, language: language, keys: keys, preferences: preferences, size: size)
        guard let peer else {
            app.inbox = InboxList()
            return
        }
        conversation = ConversationScreen(
            ConversationState(
                user: user, peer: peer, peerName: GivenOrTold(given: peerName), product: GivenOrTold(given: product)))
    }

    public var preferences: Preferences {
        get { app.preferences }
        set { app.preferences = newValue }
    }

    /// Messages that the disk did not take: they are in this window and nowhere else.
    public var messagesOnlyHere: Int {
        let elsewhere = app.parked.filter { $0.key != conversation?.peer }.flatMap(\.value.pending)
        return ((conversation?.state.transcript.pending ?? []) + elsewhere).count(where: \.isOnlyHere)
    }

    /// Whom the header names. Safe to show.
    var title: String { conversation?.state.shownPeerName ?? app.texts.inboxTitle }

    /// How many messages are unread in all conversations but the one on the screen.
    var unreadElsewhere: Int { app.inbox?.unread(besides: conversation?.peer) ?? 0 }

    /// What the line at the bottom is for.
    var inputLine: InputLine {
        guard let conversation else { return .filter }
        return conversation.search?.isTyping == true ? .query : .draft
    }

    /// What is typed into the line at the bottom.
    enum InputLine: Sendable {
        /// Of the list of conversations, or a command.
        case filter
        /// Of a search through the conversation.
        case query
        /// A message, or a command.
        case draft
    }
}
