/// How far one of a conversation's two users has it, by the ids of its messages. Marks only move forward.
public struct ConversationMark: Sendable, Hashable, Codable {
    public var user: UserID
    /// Up to here, what the other wrote is on a device of the user's.
    public var delivered: String?
    /// Up to here, the user has seen the conversation.
    public var read: String?

    public init(user: UserID, delivered: String? = nil, read: String? = nil) {
        self.user = user
        self.delivered = delivered
        self.read = read
    }

    private enum CodingKeys: String, CodingKey {
        case user = "userId"
        case delivered, read
    }
}

/// The answer to `GET /conversations`: the latest first.
public struct ConversationList: Sendable, Hashable {
    public var conversations: [Entry]
    /// How many made no sense, and were left out.
    public var unreadable = 0

    public init(conversations: [Entry]) {
        self.conversations = conversations
    }

    /// What one user sees of a conversation from outside.
    public struct Entry: Sendable, Hashable {
        /// The other one.
        public var peer: UserID
        public var peerName: UntrustedText?
        /// What the last message that named a product named.
        public var product: Product?
        /// Its cursor, where the server tells it, orders conversations.
        public var lastMessage: Message
        /// How many of the other's messages the user has not read.
        public var unread: Int
        /// The user wants to hear nothing of the other.
        public var isBlocked: Bool

        public init(
            peer: UserID, peerName: UntrustedText? = nil, product: Product? = nil, lastMessage: Message, unread: Int,
            isBlocked: Bool = false
        ) {
            self.peer = peer
            self.peerName = peerName
            self.product = product
            self.lastMessage = lastMessage
            self.unread = unread
            self.isBlocked = isBlocked
        }
    }
}

extension ConversationList.Entry {
    /// The order of lists, the latest first: by the last messages' cursors. What has none is from before the feed, and so
    /// comes last, by its time.
    public static func isLater(_ left: Self, _ right: Self) -> Bool {
        let (one, other) = (left.lastMessage, right.lastMessage)
        if one.cursor != other.cursor { return one.cursor ?? 0 > other.cursor ?? 0 }
        if one.createdAt != other.createdAt { return one.createdAt > other.createdAt }
        return left.peer.wire.utf8.lexicographicallyPrecedes(right.peer.wire.utf8)
    }
}

extension ConversationList: Codable {
    private enum CodingKeys: String, CodingKey {
        case conversations
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rows = try container.decode([LenientRow<Entry>].self, forKey: .conversations)
        conversations = rows.compactMap(\.row)
        unreadable = rows.count - conversations.count
    }
}

extension ConversationList.Entry: Codable {
    private enum CodingKeys: String, CodingKey {
        case peer = "userId"
        case peerName = "name"
        case isBlocked = "blocked"
        case lastMessage, cursor, unread
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        peer = try container.decode(UserID.self, forKey: .peer)
        peerName = try container.decodeIfPresent(UntrustedText.self, forKey: .peerName)
        product = try Product(besideFieldsOf: decoder)
        lastMessage = try container.decode(Message.self, forKey: .lastMessage)
        lastMessage.cursor = try container.decodeCursorIfPresent(forKey: .cursor)
        unread = try container.decode(Int.self, forKey: .unread)
        isBlocked = try container.decodeIfPresent(Bool.self, forKey: .isBlocked) ?? false
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(peer, forKey: .peer)
        try container.encodeIfPresent(peerName, forKey: .peerName)
        try product?.encodeBesideFields(to: encoder)
        try container.encode(lastMessage, forKey: .lastMessage)
        try container.encodeIfPresent(lastMessage.cursor, forKey: .cursor)
        try container.encode(unread, forKey: .unread)
        if isBlocked { try container.encode(true, forKey: .isBlocked) }
    }
}
