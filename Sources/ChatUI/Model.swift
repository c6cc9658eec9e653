import ChatWire

/// Everything that the screen depends on, except the clock and the character widths. Only `update` changes it.
public struct Model: Sendable {
    /// The state that lasts, whatever is on the screen.
    var app: AppState
    /// The open conversation. Nil while the list of conversations is shown.
    var conversation: ConversationScreen?

    init(app: AppState, conversation: ConversationScreen?) {
        self.app = app
        self.conversation = conversation
    }

    /// Starts with a conversation or with the list.
    ///
    /// - Parameters:
    ///   - user: Whose conversations they are.
    ///   - peer: The other user of the conversation. Nil to show the list of conversations.
    ///   - peerName: The peer's name, as the user gave it. Nil to use the name that the server sends.
    ///   - product: What the next messages are about, as the user gave it. Nil if they name no product.
    ///   - language: The language of the interface.
    ///   - keys: The keys of each action.
    ///   - preferences: What is shown and told.
    ///   - size: The size of the terminal, in rows and columns.
    public init(
        user: UserID, peer: UserID?, peerName: UntrustedText? = nil, product: Product? = nil,
        language: Language = .russian, keys: KeyBindings = .standard, preferences: Preferences = Preferences(),
        size: Size = Size(rows: 24, columns: 80)
    ) {
        app = AppState(user: user, language: language, keys: keys, preferences: preferences, size: size)
        app.notice = preferences.englishHint.map(Notice.inEnglish)
        guard let peer else {
            app.inbox = InboxList()
            return
        }
        conversation = ConversationScreen(
            ConversationState(
                user: user, peer: peer, peerName: OverridableText(override: peerName),
                products: ConversationProducts(chosen: product)))
    }

    public var preferences: Preferences {
        get { app.preferences }
        set { app.preferences = newValue }
    }

    /// The number of messages that could not be saved on disk. They are lost when the program ends.
    public var messagesOnlyInMemory: Int {
        let elsewhere = app.parked.filter { $0.key != conversation?.peer }.flatMap(\.value.pending)
        return ((conversation?.state.transcript.pending ?? []) + elsewhere).count(where: \.isOnlyInMemory)
    }

    /// The first part of the header: the peer's name, or the title of the list or of the search. It is safe to show.
    var title: String {
        app.overlay == .found ? app.texts.finderTitle : conversation?.state.peerDisplayName ?? app.texts.inboxTitle
    }

    /// The number of unread messages in all conversations except the open one.
    var unreadElsewhere: Int { app.inbox?.unread(except: conversation?.peer) ?? 0 }

    /// What the input line is used for.
    var inputLine: InputLine {
        if app.overlay == .found { return .words }
        guard let conversation else { return .filter }
        return conversation.search?.isTyping == true ? .query : .draft
    }

    /// A use of the input line.
    enum InputLine: Sendable {
        /// A filter for the list of conversations, or a command.
        case filter
        /// The query of a search in the conversation.
        case query
        /// The words of a search in all conversations.
        case words
        /// A message, or a command.
        case draft
    }
}
