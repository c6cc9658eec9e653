import ChatWire

/// How far a user and their peer have their conversation.
public struct ConversationMarks: Sendable, Hashable {
    public var own: ConversationMark
    public var peer: ConversationMark

    public init(own: ConversationMark, peer: ConversationMark) {
        self.own = own
        self.peer = peer
    }
}
