import ChatWire

/// The stored list of conversations: the pinned ones, then those with the latest message first. If two last messages have the same time, the
/// peers' ids decide.
public struct StoredInbox: Sendable, Hashable {
    /// Nil if the store has never received this user's feed.
    public var position: FeedPosition?
    public var conversations: [StoredConversation]
    /// The drafts that opening each conversation would show.
    public var drafts: [UserID: Draft]
    /// The unsent messages that opening their conversations would show, oldest first. Their conversations may have no
    /// other messages.
    public var unsent: [UnsentMessage]
    /// The flags of all conversations that have any.
    public var flags: [UserID: StoredFlags]

    /// The maximum of the unread count.
    public static let maxUnread = 999
    /// So many of a conversation's last messages are looked at for `StoredConversation.waitingSince`.
    public static let maxWaiting = 999

    public init(
        position: FeedPosition? = nil, conversations: [StoredConversation] = [], drafts: [UserID: Draft] = [:],
        unsent: [UnsentMessage] = [], flags: [UserID: StoredFlags] = [:]
    ) {
        self.position = position
        self.conversations = conversations
        self.drafts = drafts
        self.unsent = unsent
        self.flags = flags
    }
}

/// A stored conversation as the list shows it.
public struct StoredConversation: Sendable, Hashable {
    /// Its unread count is the number of the peer's messages after `ownRead`, or of all if that message is not here.
    public var entry: ConversationList.Entry
    /// The last message that the user has read.
    public var ownRead: MessageID?
    /// When the peer wrote the first message after the user's last one. Nil if the user wrote last.
    public var waitingSince: Timestamp?
    /// The products that its messages named, as `StoredState.products`.
    public var products: [Product]

    public init(
        entry: ConversationList.Entry, ownRead: MessageID? = nil, waitingSince: Timestamp? = nil,
        products: [Product] = []
    ) {
        self.entry = entry
        self.ownRead = ownRead
        self.waitingSince = waitingSince
        self.products = products
    }
}
