import ChatWire

/// The stored list of conversations, those with the latest message first. If two last messages have the same time, the
/// peers' ids decide.
public struct StoredInbox: Sendable, Hashable {
    /// Nil if the store has never received this user's feed.
    public var position: FeedPosition?
    public var conversations: [StoredConversation]
    /// The drafts that opening each conversation would show.
    public var drafts: [UserID: String]
    /// The unsent messages that opening their conversations would show, oldest first. Their conversations may have no
    /// other messages.
    public var unsent: [UnsentMessage]

    /// The maximum of the unread count.
    public static let maxUnread = 999

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

/// A stored conversation as the list shows it.
public struct StoredConversation: Sendable, Hashable {
    /// Its unread count is the number of the peer's messages after `ownRead`, or of all if that message is not here.
    public var entry: ConversationList.Entry
    /// The last message that the user has read.
    public var ownRead: MessageID?
    /// The products that its messages named, as `StoredState.products`.
    public var products: [Product]

    public init(entry: ConversationList.Entry, ownRead: MessageID? = nil, products: [Product] = []) {
        self.entry = entry
        self.ownRead = ownRead
        self.products = products
    }
}
