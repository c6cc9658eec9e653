/// A stored message with the five fields that every protocol version sends.
public struct Message: Sendable {
    public var id: MessageID
    public var sender: UserID
    public var receiver: UserID
    public var text: UntrustedText
    public var createdAt: Timestamp
    /// The message's cursor in the feed of the user whose copy this is, if it is known. Each of the two users has
    /// another cursor, so it is never sent as a part of the message, and equality ignores it.
    public var cursor: Int?
    /// What the message is about, if it is known. It is sent beside the message, never as a part of it, and equality
    /// ignores it.
    public var product: Product?

    public init(id: MessageID, sender: UserID, receiver: UserID, text: UntrustedText, createdAt: Timestamp) {
        self.id = id
        self.sender = sender
        self.receiver = receiver
        self.text = text
        self.createdAt = createdAt
    }

    /// The other user of the conversation.
    public func peer(of user: UserID) -> UserID { sender == user ? receiver : sender }

    /// Whether the message belongs to the conversation of these two users.
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
    /// Whether the message was stored before another one of the same user's copy. The cursors decide. If one is unknown
    /// the times do, which are only as good as the server's clock.
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
