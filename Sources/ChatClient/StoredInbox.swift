import ChatWire

/// The conversations of which there are messages on this machine, the latest first; of those whose last messages are of the
/// same time, in the order of the other users' ids.
public struct StoredInbox: Sendable, Hashable {
    /// Nil: this user's feed was never here.
    public var position: FeedPosition?
    public var conversations: [StoredConversation]
    /// The drafts that opening a conversation would show.
    public var drafts: [UserID: String]
    /// The unsent messages that opening their conversations would show, oldest first. Of some there may be no other messages.
    public var unsent: [UnsentMessage]

    /// More unread messages of one conversation are not counted.
    public static let mostUnread = 999

    public init(
        position: FeedPosition? = nil, conversations: [StoredConversation] = [], drafts: [UserID: String] = [:],
        unsent: [UnsentMessage] = []
    ) {
        self.position = position
        self.conversations = conversations
        self.drafts = drafts
        self.unsent = unsent
    }
}

/// A conversation from outside, as far as it is on this machine.
public struct StoredConversation: Sendable, Hashable {
    /// Unread is what the other wrote after the user's mark, or all of it where the message marked is not here.
    public var entry: ConversationList.Entry
    /// Up to this message the user has read it.
    public var ownRead: MessageID?

    public init(entry: ConversationList.Entry, ownRead: MessageID? = nil) {
        self.entry = entry
        self.ownRead = ownRead
    }
}
