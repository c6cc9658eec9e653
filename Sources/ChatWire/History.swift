/// The answer to `GET /messages`: one page of a conversation, oldest first.
public struct HistoryPage: Sendable, Hashable {
    public var messages: [Entry]
    /// The rows that make no sense, by their ids as far as those can be read. They are not among the messages.
    public var unreadable: [String?] = []
    /// Whether there are older messages than these. Nil from a server of the first protocol.
    public var hasMore: Bool?
    /// How far both users have the conversation. Nil from a server of the first protocol.
    public var marks: [ConversationMark]?

    public init(messages: [Entry], hasMore: Bool? = nil, marks: [ConversationMark]? = nil) {
        self.messages = messages
        self.hasMore = hasMore
        self.marks = marks
    }

    /// A message with what else the database knows of it.
    public struct Entry: Sendable, Hashable {
        public var message: Message
        public var productID: String?
        public var isRead: Bool?
        public var updatedAt: Timestamp?
        public var sender: Profile
        /// The message's place in the asking user's feed, where the request named a `limit`.
        public var cursor: Int?
        /// What the asking user called this message of theirs, where the request named a `limit`.
        public var clientMessageID: String?

        public init(
            message: Message, productID: String? = nil, isRead: Bool? = nil, updatedAt: Timestamp? = nil,
            sender: Profile = Profile(), cursor: Int? = nil, clientMessageID: String? = nil
        ) {
            self.cursor = cursor
            self.clientMessageID = clientMessageID
            self.message = message
            self.message.cursor = cursor
            self.productID = productID
            self.isRead = isRead
            self.updatedAt = updatedAt
            self.sender = sender
        }
    }

    /// How a user is called, where the database knows.
    public struct Profile: Sendable, Hashable {
        public var name: UntrustedText?
        public var avatarURL: String?

        public init(name: UntrustedText? = nil, avatarURL: String? = nil) {
            self.name = name
            self.avatarURL = avatarURL
        }
    }
}

extension HistoryPage: Codable {
    private enum CodingKeys: String, CodingKey {
        case messages, hasMore, marks
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rows = try container.decode([LenientRow<Entry>].self, forKey: .messages)
        messages = rows.compactMap(\.row)
        unreadable = rows.filter { $0.row == nil }.map(\.id)
        hasMore = try container.decodeIfPresent(Bool.self, forKey: .hasMore)
        marks = try container.decodeIfPresent([ConversationMark].self, forKey: .marks)
    }
}

extension HistoryPage.Entry: Codable {
    enum CodingKeys: String, CodingKey {
        case productID = "product_id"
        case isRead = "is_read"
        case updatedAt = "updated_at"
        case sender, cursor
        case clientMessageID = "client_message_id"
    }

    public init(from decoder: any Decoder) throws {
        var message = try Message(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // The message counts, whatever is odd beside it.
        productID = try? container.decodeID(forKey: .productID)
        isRead = try? container.decode(Bool.self, forKey: .isRead)
        updatedAt = try? container.decode(Timestamp.self, forKey: .updatedAt)
        sender = (try? container.decode(HistoryPage.Profile.self, forKey: .sender)) ?? .init()
        cursor = try container.decodeCursorIfPresent(forKey: .cursor)
        message.cursor = cursor
        self.message = message
        clientMessageID = try container.decodeIfPresent(String.self, forKey: .clientMessageID)
    }

    public func encode(to encoder: any Encoder) throws {
        try message.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(productID, forKey: .productID)  // null where there is none, as the older server says it
        try container.encode(isRead ?? false, forKey: .isRead)
        try container.encode(updatedAt, forKey: .updatedAt)
        try container.encode(sender, forKey: .sender)
        try container.encodeIfPresent(cursor, forKey: .cursor)
        try container.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
    }
}

extension HistoryPage.Profile: Codable {
    enum CodingKeys: String, CodingKey {
        case name
        case avatarURL = "avatar_url"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(avatarURL, forKey: .avatarURL)
    }
}

/// The answer to `GET /status`.
public struct ServerStatus: Sendable, Hashable, Codable {
    public var status: String
    public var connections: Int
    public var timestamp: Timestamp

    public init(status: String = "running", connections: Int, timestamp: Timestamp) {
        self.status = status
        self.connections = connections
        self.timestamp = timestamp
    }
}
