/// The answer to `GET /messages`: one page of a conversation, the oldest message first.
public struct HistoryPage: Sendable, Hashable {
    public var messages: [Entry]
    /// The ids of malformed rows, as far as they can be read. These are not in `messages`.
    public var unreadable: [MessageID?] = []
    /// Whether there are older messages. Nil from a server with protocol 1.
    public var hasMore: Bool?
    /// How far both users have the conversation. Nil from a server with protocol 1.
    public var marks: [ConversationMark]?

    public init(messages: [Entry], hasMore: Bool? = nil, marks: [ConversationMark]? = nil) {
        self.messages = messages
        self.hasMore = hasMore
        self.marks = marks
    }

    /// A message and what else the database knows about it.
    public struct Entry: Sendable, Hashable {
        public var message: Message
        public var productID: String?
        /// The title that the message named, if the request had a `limit`.
        public var productTitle: UntrustedText?
        public var isRead: Bool?
        public var updatedAt: Timestamp?
        public var sender: Profile
        /// The message's cursor in the requesting user's feed, if the request had a `limit`.
        public var cursor: Int?
        /// The requesting user's own id of the message, if the request had a `limit`.
        public var clientMessageID: ClientMessageID?

        public init(
            message: Message, productID: String? = nil, productTitle: UntrustedText? = nil, isRead: Bool? = nil,
            updatedAt: Timestamp? = nil, sender: Profile = Profile(), cursor: Int? = nil,
            clientMessageID: ClientMessageID? = nil
        ) {
            self.cursor = cursor
            self.clientMessageID = clientMessageID
            self.message = message
            self.message.cursor = cursor
            self.productID = productID
            self.productTitle = productTitle
            self.isRead = isRead
            self.updatedAt = updatedAt
            self.sender = sender
            self.message.product = product
        }
    }

    /// A user's name and picture, if the database has them.
    public struct Profile: Sendable, Hashable {
        public var name: UntrustedText?
        public var avatarURL: String?

        public init(name: UntrustedText? = nil, avatarURL: String? = nil) {
            self.name = name
            self.avatarURL = avatarURL
        }
    }
}

// MARK: - JSON

extension HistoryPage: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let rows = try json.read(.messages, as: [LenientRow<Entry>].self)
        messages = rows.compactMap(\.row)
        unreadable = rows.filter { $0.row == nil }.map(\.id)
        hasMore = try json.readIfPresent(.hasMore)
        marks = try json.readIfPresent(.marks)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.messages, messages)
        json.member(.hasMore, ifPresent: hasMore)
        json.member(.marks, ifPresent: marks)
    }
}

extension HistoryPage.Entry: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        var message = try Message(json: json)
        // The message is valid even if these members are not.
        productID = try? json.readID(RowName.productID)
        productTitle = try? json.read(RowName.productTitle)
        isRead = try? json.read(RowName.isRead)
        updatedAt = try? json.read(RowName.updatedAt)
        sender = (try? json.read(RowName.sender)) ?? HistoryPage.Profile()
        cursor = try json.readCursorIfPresent()
        message.cursor = cursor
        self.message = message
        clientMessageID = try json.readIfPresent(RowName.clientMessageID)
        self.message.product = product
    }

    public func encodeMembers(to json: inout JSONWriter) {
        message.encodeMembers(to: &json)
        json.member(RowName.productID, productID)  // null if there is none, as the older server writes it
        json.member(RowName.isRead, isRead ?? false)
        json.member(RowName.updatedAt, updatedAt)
        json.member(RowName.sender, sender)
        json.member(.cursor, ifPresent: cursor)
        json.member(RowName.clientMessageID, ifPresent: clientMessageID)
        json.member(RowName.productTitle, ifPresent: productTitle)
    }
}

extension HistoryPage.Entry {
    /// Nil if the message named no product.
    public var product: Product? {
        productID == nil && productTitle == nil ? nil : Product(id: productID, title: productTitle)
    }
}

extension HistoryPage.Profile: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        name = try json.readIfPresent(.name)
        avatarURL = try json.readIfPresent(RowName.avatarURL)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.name, name)
        json.member(RowName.avatarURL, avatarURL)
    }
}

/// The answer to `GET /status`.
public struct ServerStatus: Sendable, Hashable {
    public var status: String
    public var connections: Int
    public var timestamp: Timestamp

    public init(status: String = "running", connections: Int, timestamp: Timestamp) {
        self.status = status
        self.connections = connections
        self.timestamp = timestamp
    }
}

extension ServerStatus: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        status = try json.read(.status)
        connections = try json.read(.connections)
        timestamp = try json.read(.timestamp)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.status, status)
        json.member(.connections, connections)
        json.member(.timestamp, timestamp)
    }
}
