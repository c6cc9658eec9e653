import ChatWire

/// A stored message with its cursors in both users' feeds. It is a class, because it is passed on many times.
public final class StoredMessage: Sendable {
    public let message: Message
    public let clientMessageID: ClientMessageID?
    public let product: Product?
    /// 0 if this is the delivery of a message that a block withheld. It has a place of its own, which only the receiver
    /// sees. The sender sees the message where it was sent.
    public let senderCursor: Int
    /// Nil if the receiver blocked the sender: the message is not in the receiver's feed then.
    public let receiverCursor: Int?

    public init(
        message: Message, clientMessageID: ClientMessageID? = nil, product: Product? = nil, senderCursor: Int,
        receiverCursor: Int?
    ) {
        self.message = message
        self.clientMessageID = clientMessageID
        self.product = product
        self.senderCursor = senderCursor
        self.receiverCursor = receiverCursor
    }

    /// Whether this is the delivery of a message that a block withheld.
    package var isLateDelivery: Bool { senderCursor == 0 }

    /// Whether the receiver may know of the message.
    public var reachesReceiver: Bool { receiverCursor != nil }

    /// The message's cursor in the feed of one of its two users; nil if it is not in that feed.
    public func cursor(of user: UserID) -> Int? { user == message.sender ? senderCursor : receiverCursor }

    /// Returns the same message with another `clientMessageID`.
    func withClientMessageID(_ clientMessageID: ClientMessageID?) -> StoredMessage {
        StoredMessage(
            message: message, clientMessageID: clientMessageID, product: product, senderCursor: senderCursor,
            receiverCursor: receiverCursor)
    }
}

extension StoredMessage: Hashable {
    public static func == (left: StoredMessage, right: StoredMessage) -> Bool {
        left.message == right.message && left.clientMessageID == right.clientMessageID && left.product == right.product
            && left.senderCursor == right.senderCursor && left.receiverCursor == right.receiverCursor
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(message)
    }
}
