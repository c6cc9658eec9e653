/// A stored message, with exactly the five fields that every protocol version sends.
public struct Message: Sendable {
    /// Given by the server; a UUID there, but any text here.
    public var id: String
    public var sender: UserID
    public var receiver: UserID
    public var text: UntrustedText
    public var createdAt: Timestamp
    /// Its place in the feed of the user who has it here, where that is known. Each of its two users has another one, so
    /// nothing sends it as a part of the message, and copies of a message are equal without it.
    public var cursor: Int?

    public init(id: String, sender: UserID, receiver: UserID, text: UntrustedText, createdAt: Timestamp) {
        self.id = id
        self.sender = sender
        self.receiver = receiver
        self.text = text
        self.createdAt = createdAt
    }

    /// The other side of the conversation, as one of its two users sees it.
    public func peer(of user: UserID) -> UserID { sender == user ? receiver : sender }

    /// Whether the message belongs to the conversation of these two.
    public func isBetween(_ one: UserID, _ other: UserID) -> Bool {
        (sender == one && receiver == other) || (sender == other && receiver == one)
    }
}

extension Message: Hashable {
    public static func == (left: Message, right: Message) -> Bool {
        left.id == right.id && left.sender == right.sender && left.receiver == right.receiver
            && left.text == right.text && left.createdAt == right.createdAt
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(createdAt)
    }
}

extension Message {
    /// Whether it was stored before another one that the same user has from the same server. The cursors tell, and where one
    /// is not known the times, which are no better than the server's clock.
    public func isBefore(_ other: Message) -> Bool {
        if let cursor, let other = other.cursor { return cursor < other }
        return createdAt < other.createdAt
    }
}

extension Message: Codable {
    enum CodingKeys: String, CodingKey {
        case id
        case sender = "sender_id"
        case receiver = "receiver_id"
        case text = "message_text"
        case createdAt = "created_at"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeID(forKey: .id)
        sender = try container.decodeUserID(forKey: .sender)
        receiver = try container.decodeUserID(forKey: .receiver)
        text = try container.decode(UntrustedText.self, forKey: .text)
        createdAt = try container.decode(Timestamp.self, forKey: .createdAt)
    }
}

/// What a conversation is about.
public struct Product: Sendable, Hashable {
    public var id: String?
    public var title: UntrustedText?

    public init(id: String? = nil, title: UntrustedText? = nil) {
        self.id = id
        self.title = title
    }
}

/// On the wire a product is no object of its own but two fields of the event that names it.
extension Product {
    private enum CodingKeys: String, CodingKey {
        case id = "productId"
        case title = "productTitle"
    }

    /// Nil where there is neither field.
    init?(besideFieldsOf decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeIfPresent(String.self, forKey: .id)
        title = try container.decodeIfPresent(UntrustedText.self, forKey: .title)
        if id == nil && title == nil { return nil }
    }

    func encodeBesideFields(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(id, forKey: .id)
        try container.encodeIfPresent(title, forKey: .title)
    }
}
