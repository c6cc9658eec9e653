import ChatWire

/// A message in the database, with its place in both users' feeds.
public final class StoredMessage: Sendable {
    public let message: Message
    public let clientMessageID: ClientMessageID?
    public let product: Product?
    public let senderCursor: Int
    /// 0 where the receiver blocked the sender.
    public let receiverCursor: Int

    public init(
        message: Message, clientMessageID: ClientMessageID? = nil, product: Product? = nil, senderCursor: Int,
        receiverCursor: Int
    ) {
        self.message = message
        self.clientMessageID = clientMessageID
        self.product = product
        self.senderCursor = senderCursor
        self.receiverCursor = receiverCursor
    }

    /// Whether the receiver may know of it.
    public var reachesReceiver: Bool { receiverCursor > 0 }

    /// The message's place in the feed of one of its two users.
    public func cursor(of user: UserID) -> Int { user == message.sender ? senderCursor : receiverCursor }

    /// The same, whose sender called it something else.
    func named(_ clientMessageID: ClientMessageID?) -> StoredMessage {
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
