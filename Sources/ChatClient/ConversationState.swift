import ChatWire

/// The state that belongs to the open conversation. Opening another one replaces it by a new value.
struct ConversationState: Sendable {
    /// Nil while no conversation is open, but the list of them.
    let peer: UserID?
    /// The number of this opening. It counts how often a conversation was opened.
    let opening: Int
    /// Whether reading the conversation from the disk has ended, with success or not.
    var isLoaded = false
    /// Whether the peer's name is known, or the server was asked for it already.
    var isPeerNameSettled = false
    /// Whether the newest messages are here without a gap, so that the feed alone keeps the conversation complete.
    var isWhole = false
    /// The last message that the user has seen.
    var seen: MessageID?
    /// Which of the user's own messages in it are known to be settled.
    var knowledge: Confirmations.Knowledge

    init(peer: UserID?, opening: Int, knowledge: Confirmations.Knowledge = .none) {
        self.peer = peer
        self.opening = opening
        self.knowledge = knowledge
    }
}
