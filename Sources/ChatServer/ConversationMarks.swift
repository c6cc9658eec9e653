import ChatWire

/// The delivery and read marks of both users of a conversation.
public struct ConversationMarks: Sendable, Hashable {
    public var own: ConversationMark
    public var peer: ConversationMark

    public init(own: ConversationMark, peer: ConversationMark) {
        self.own = own
        self.peer = peer
    }
}
