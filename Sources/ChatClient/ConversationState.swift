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
    var knowledge: Confirmations.Knowledge

    init(peer: UserID?, product: Product?, opening: Int, knowledge: Confirmations.Knowledge = .none) {
        self.peer = peer
        self.product = product
        self.opening = opening
        self.knowledge = knowledge
    }
}
