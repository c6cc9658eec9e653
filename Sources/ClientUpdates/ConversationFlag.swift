import ChatWire

/// What a user can set for a conversation. It is kept on this machine, and the server does not know it.
public enum ConversationFlag: String, Sendable, Hashable, CaseIterable {
    /// New messages ring no bell, show no notification, and are not counted.
    case muted
    /// The conversation stands at the top of the list.
    case pinned
    /// The conversation counts as unread until it is opened.
    case unread
    /// The conversation is hidden from the usual list. A new message of the peer brings it back, unless it is muted.
    case archived
}

/// What this machine knows of a conversation beyond the server's list.
public struct ConversationNotes: Sendable, Hashable {
    public var flags: Set<ConversationFlag>
    /// When the peer wrote the first message that the user has not answered. Nil if that is the conversation's last
    /// message, or if the last message is the user's.
    public var waitingSince: Timestamp?

    public init(flags: Set<ConversationFlag> = [], waitingSince: Timestamp? = nil) {
        self.flags = flags
        self.waitingSince = waitingSince
    }
}
