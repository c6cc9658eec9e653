import ChatWire

/// What lives with the open conversation. Opening another one is one assignment.
struct ConversationState: Sendable {
    /// Nil: no conversation is open, but the list of them.
    let peer: UserID?
    /// What the messages written in it are about, where the user said so.
    let product: Product?
    /// Counts how often a conversation was opened; names this one.
    let opening: Int
    /// The disk's part of it was read, or could not be.
    var isLoaded = false
    /// How the peer is called is known, or the server does not know it either.
    var isPeerNameSettled = false
    /// Its newest messages are here without a hole, so that the feed is all it takes.
    var isWhole = false
    /// Up to here the user has seen it.
    var seen: MessageID?
    /// Which of the user's own messages in it are known to be settled.
    var settledKnowledge: SettledKnowledge

    /// Which of the user's own messages `Session.settledIDs` has.
    enum SettledKnowledge: Sendable, Hashable {
        case none
        /// The last ones, from this machine's disk: what comes after them is new.
        case newest
        /// All: what is not among them is new.
        case all
    }

    init(peer: UserID?, product: Product?, opening: Int, settledKnowledge: SettledKnowledge = .none) {
        self.peer = peer
        self.product = product
        self.opening = opening
        self.settledKnowledge = settledKnowledge
    }
}
