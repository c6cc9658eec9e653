import ChatWire

/// The statement that a user has seen a conversation up to and including a message.
public struct ReadMark: Sendable, Hashable {
    public var user: UserID
    public var peer: UserID
    public var messageID: MessageID

    public init(user: UserID, peer: UserID, messageID: MessageID) {
        self.user = user
        self.peer = peer
        self.messageID = messageID
    }
}

/// The result of a read mark.
public enum ReadOutcome: Sendable, Hashable {
    /// The user knows no such message in the conversation.
    case unknown
    /// The mark was not moved: it is as far already, another mark of the same call is further, or the user may not move
    /// it.
    case unchanged
    /// The mark moved a part of the way. The call has to be repeated.
    case partial
    /// The mark moved. `newest` is the newest message of the peer that it covers, and the one that the peer is told: the
    /// user's order may differ from the peer's, so no other message says the same to both. Nil if the peer is told
    /// nothing.
    case set(newest: MessageID?)
}
