/// A stored message, with exactly the five fields that every protocol version sends.
public struct Message: Sendable {
    public var id: MessageID
    public var sender: UserID
    public var receiver: UserID
    public var text: UntrustedText
    public var createdAt: Timestamp
    /// Its place in the feed of the user who has it here, where that is known. Each of its two users has another one, so
    /// nothing sends it as a part of the message, and copies of a message are equal without it.
    public var cursor: Int?

    public init(id: MessageID, sender: UserID, receiver: UserID, text: UntrustedText, createdAt: Timestamp) {
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

extension Message: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        id = MessageID(try json.readID(RowName.id))
        sender = try json.readUserID(RowName.senderID)
        receiver = try json.readUserID(RowName.receiverID)
        text = try json.read(RowName.text)
        createdAt = try json.read(RowName.createdAt)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(RowName.id, id)
        json.member(RowName.senderID, sender)
        json.member(RowName.receiverID, receiver)
        json.member(RowName.text, text)
        json.member(RowName.createdAt, createdAt)
    }
}

extension JSONWriter {
    /// A message in a line for other programs: the names that `GET /messages` has, in alphabetical order.
    package mutating func exported(
        _ message: Message, clientMessageID: ClientMessageID?, cursor: Int?, product: Product?
    ) {
        member(RowName.clientMessageID, ifPresent: clientMessageID)
        member(RowName.createdAt, message.createdAt)
        member(.cursor, ifPresent: cursor)
        member(RowName.id, message.id)
        member(RowName.text, message.text)
        member(RowName.productID, ifPresent: product?.id)
        member(RowName.productTitle, ifPresent: product?.title)
        member(RowName.receiverID, message.receiver)
        member(RowName.senderID, message.sender)
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

/// On the wire a product is no object of its own but two members of the event that names it.
extension Product {
    /// Nil where there is neither member.
    init?(besideMembersOf json: JSONValue) throws(WireCodec.Malformed) {
        id = try json.readIfPresent(.productID)
        title = try json.readIfPresent(.productTitle)
        if id == nil && title == nil { return nil }
    }

    func encodeMembers(to json: inout JSONWriter) {
        json.member(.productID, ifPresent: id)
        json.member(.productTitle, ifPresent: title)
    }
}
