import ChatWire

extension Session {
    /// What the user wants.
    public enum Command: Sendable, Hashable {
        /// Connect, from now on. Anything else may be wanted before.
        case start
        case send(id: ClientMessageID, text: String)
        /// Once more, what was refused or is not known to have arrived.
        case resend(id: ClientMessageID)
        case discard(id: ClientMessageID)
        case loadOlder(before: MessageID)
        /// Opens the conversation with somebody in place of the one that is open, or with nobody.
        case open(peer: UserID?, product: Product? = nil)
        case draft(String)
        /// The user is typing.
        case typed
        /// The user has seen the conversation up to this message.
        case seen(upTo: MessageID)
        /// The user wants to hear nothing of the peer any more, or does again. It takes a server of protocol 2.
        case setBlocked(Bool)
        /// The user asks for an attempt to connect now.
        case reconnectNow
    }

    /// What the world reports: the link, the server, this machine's disk, and the time. Only the driver says so.
    enum Report: Sendable, Hashable {
        // The link:
        case opened(link: Int)
        case event(ServerEvent, link: Int)
        case malformed(String, link: Int)
        case ended(LinkEnd, link: Int)
        // Over HTTP:
        case history(Result<HistoryPage, HistoryFailure>, peer: UserID, before: MessageID?, link: Int)
        case conversations(Result<ConversationList, HistoryFailure>, link: Int)
        // This machine's disk:
        case loaded(Result<StoredState, StoreFailure>, opening: Int)
        case inboxLoaded(Result<StoredInbox, StoreFailure>)
        /// The transaction under way is on disk.
        case stored
        /// The disk refused it.
        case notStored(StoreFailure)
        case olderPage(Result<StoredPage, StoreFailure>, peer: UserID, before: MessageID)
        /// Unsent messages of windows that are gone, for this one to send.
        case adopted([UnsentMessage])
        /// There is another token than that in use.
        case token(String, link: Int)
        /// There is none.
        case sameToken(link: Int)
        // Everything else:
        /// The machine slept for so long.
        case woke(after: Duration)
        /// A deadline may have passed.
        case tick
        /// The program ends: what is not on disk goes there.
        case leaving
    }
}
