/// How far one of a conversation's two users has it, by the ids of its messages. Marks only move forward.
public struct ConversationMark: Sendable, Hashable {
    public var user: UserID
    /// Up to here, what the other wrote is on a device of the user's.
    public var delivered: MessageID?
    /// Up to here, the user has seen the conversation.
    public var read: MessageID?

    public init(user: UserID, delivered: MessageID? = nil, read: MessageID? = nil) {
        self.user = user
        self.delivered = delivered
        self.read = read
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
        return left.peer.wire.precedes(inBytes: right.peer.wire)
    }
}

// MARK: - JSON

extension ConversationMark: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        user = try json.read(.userID)
        delivered = try json.readIfPresent(.delivered)
        read = try json.readIfPresent(.read)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.userID, user)
        json.member(.delivered, ifPresent: delivered)
        json.member(.read, ifPresent: read)
    }
}

extension ConversationList: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let rows = try json.read(.conversations, as: [LenientRow<Entry>].self)
        conversations = rows.compactMap(\.row)
        unreadable = rows.count - conversations.count
    }

    public func encodeMembers(to json: inout JSONWriter) { json.member(.conversations, conversations) }
}

extension ConversationList.Entry: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        peer = try json.read(.userID)
        peerName = try json.readIfPresent(.name)
        product = try Product(besideMembersOf: json)
        lastMessage = try json.read(.lastMessage)
        lastMessage.cursor = try json.readCursorIfPresent()
        unread = try json.read(.unread)
        isBlocked = try json.readIfPresent(.blocked) ?? false
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.userID, peer)
        json.member(.name, ifPresent: peerName)
        product?.encodeMembers(to: &json)
        json.member(.lastMessage, lastMessage)
        json.member(.cursor, ifPresent: lastMessage.cursor)
        json.member(.unread, unread)
        if isBlocked { json.member(.blocked, true) }
    }
}
