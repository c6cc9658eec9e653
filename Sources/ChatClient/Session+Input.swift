import ChatWire

extension Session {
    /// A command of the user.
    public enum Command: Sendable, Hashable {
        /// Begin to connect. Other commands may come earlier.
        case start
        /// Send a message, which may name the product that it is about.
        case send(id: ClientMessageID, text: String, product: Product? = nil)
        /// Send a message again that was refused or may not have arrived.
        case resend(id: ClientMessageID)
        case discard(id: ClientMessageID)
        case loadOlder(before: MessageID)
        /// Open another conversation in place of the present one; nil for the list.
        case open(peer: UserID?)
        case draft(Draft)
        /// The user is typing.
        case typed
        /// The user has seen the conversation with a peer up to this message. Nil: the open one.
        case seen(upTo: MessageID, in: UserID? = nil)
        /// Block or unblock the peer. It needs a server of protocol 2.
        case setBlocked(Bool)
        /// Follow the list of conversations, too. A session that begins with the list does so anyway.
        case followList
        /// Set a flag of a conversation, or remove it. The list has to be followed.
        case setFlag(ConversationFlag, Bool, peer: UserID)
        /// Look whether another window has changed flags.
        case readFlags
        /// Try to connect now.
        case reconnectNow
    }

    /// A report of the link, the server, the disk or the clock. Only the driver sends reports.
    enum Report: Sendable, Hashable {
        // The link:
        case opened(link: Int)
        case event(ServerEvent, link: Int)
        case malformed(String, link: Int)
        case ended(LinkEnd, link: Int)
        // Over HTTP:
        case history(Result<HistoryPage, HistoryFailure>, peer: UserID, before: MessageID?, link: Int)
        case conversations(Result<ConversationList, HistoryFailure>, link: Int)
        case missing(Result<HistoryPage, HistoryFailure>, StoredGap, link: Int)
        // This machine's disk:
        case loaded(Result<StoredState, StoreFailure>, of: UserID, opening: Int)
        case inboxLoaded(Result<StoredInbox, StoreFailure>)
        case flagsRead(Result<[UserID: StoredFlags], StoreFailure>)
        /// The running transaction is stored.
        case stored
        /// The disk refused the transaction.
        case notStored(StoreFailure)
        case missingFound(StoredGap?, link: Int)
        case olderPage(Result<StoredPage, StoreFailure>, peer: UserID, before: MessageID)
        /// Unsent messages of closed windows, which this window has to send from now on.
        case adopted([UnsentMessage])
        /// The token that was read differs from the one in use.
        case token(String, link: Int)
        /// There is no token, or it is the one in use.
        case sameToken(link: Int)
        // Everything else:
        /// The machine slept for so long.
        case woke(after: Duration)
        /// A deadline may have passed.
        case tick
        /// The program ends: everything unsaved has to be stored.
        case leaving
    }
}
