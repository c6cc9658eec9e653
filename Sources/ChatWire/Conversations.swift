/// How far one of a conversation's two users has it, as ids of its messages. Marks only move forward.
public struct ConversationMark: Sendable, Hashable {
    public var user: UserID
    /// A device of the user's has the other user's messages up to this one.
    public var delivered: MessageID?
    /// The user has seen the conversation up to this message.
    public var read: MessageID?

    public init(user: UserID, delivered: MessageID? = nil, read: MessageID? = nil) {
        self.user = user
        self.delivered = delivered
        self.read = read
    }
}

/// The answer to `GET /conversations`. The latest conversation is first.
public struct ConversationList: Sendable, Hashable {
    public var conversations: [Entry]
    /// The number of malformed entries that were left out.
    public var unreadable = 0

    public init(conversations: [Entry]) {
        self.conversations = conversations
    }

    /// A conversation in a user's list.
    public struct Entry: Sendable, Hashable {
        /// The other user.
        public var peer: UserID
        public var peerName: UntrustedText?
        /// The product of the newest message that named one.
        public var product: Product?
        /// Its cursor, if the server sends it, orders the conversations.
        public var lastMessage: Message
        /// The number of the other user's messages that the user has not read.
        public var unread: Int
        /// Whether the user blocks the other one.
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

extension ConversationList {
    /// What orders a list, the latest conversation first.
    public struct Recency: Sendable, Hashable {
        /// The last message's cursor. A message without one is older than the feed, so it comes last, by its time.
        public var cursor: Int?
        public var time: Timestamp
        /// The other user. Their id orders conversations of the same time.
        public var peer: UserID

        public init(cursor: Int?, time: Timestamp, peer: UserID) {
            self.cursor = cursor
            self.time = time
            self.peer = peer
        }

        public static func isLater(_ left: Self, _ right: Self) -> Bool {
            switch (left.cursor, right.cursor) {
            case (let one?, let other?) where one != other: one > other
            case (nil, .some): false
            case (.some, nil): true
            case (nil, nil), (.some, .some):
                left.time == right.time ? left.peer.wire.precedes(inBytes: right.peer.wire) : left.time > right.time
            }
        }
    }
}

extension ConversationList.Entry {
    public var recency: ConversationList.Recency {
        ConversationList.Recency(cursor: lastMessage.cursor, time: lastMessage.createdAt, peer: peer)
    }

    /// The order of lists, the latest first.
    public static func isLater(_ left: Self, _ right: Self) -> Bool {
        ConversationList.Recency.isLater(left.recency, right.recency)
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
