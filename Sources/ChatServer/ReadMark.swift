import ChatWire

/// A user has seen their conversation with a peer up to a message.
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

/// What became of a read mark.
public enum ReadOutcome: Sendable, Hashable {
    /// The conversation has no such message.
    case unknown
    /// A mark stood or stands there or further, or must not move.
    case unchanged
    /// It moved, and has further to go.
    case partial
    case set
}
