import ChatWire

/// A message that has passed validation and is to be stored.
///
/// It is a class, like `StoredMessage`, because it is passed on a dozen times and copying it would cost more.
public final class MessageDraft: Sendable {
    public let sender: UserID
    public let receiver: UserID
    public let text: UntrustedText
    /// The client's id in the form that is compared and stored: a UUID in lower case, anything else as it is.
    public let clientMessageID: ClientMessageID?
    /// The client's id as the client spelled it. Answers use this form.
    public let originalClientMessageID: ClientMessageID?
    public let product: Product?
    /// The time at which the server received the message.
    public let receivedAt: Timestamp
    /// Set if the sender is over a limit: the message must not be stored, unless it is stored already.
    public let retryAfterMs: Int?

    public init(
        sender: UserID, receiver: UserID, text: UntrustedText, clientMessageID: ClientMessageID? = nil,
        product: Product? = nil, receivedAt: Timestamp, retryAfterMs: Int? = nil
    ) {
        self.sender = sender
        self.receiver = receiver
        self.text = text
        self.clientMessageID = clientMessageID.map(\.canonical)
        originalClientMessageID = clientMessageID
        self.product = product
        self.receivedAt = receivedAt
        self.retryAfterMs = retryAfterMs
    }

    /// Returns the same draft, marked as over its sender's rate.
    public func overRate(retryAfterMs: Int) -> MessageDraft {
        MessageDraft(
            sender: sender, receiver: receiver, text: text, clientMessageID: originalClientMessageID, product: product,
            receivedAt: receivedAt, retryAfterMs: retryAfterMs)
    }
}

extension MessageDraft: Hashable {
    public static func == (left: MessageDraft, right: MessageDraft) -> Bool {
        left.sender == right.sender && left.receiver == right.receiver && left.text == right.text
            && left.originalClientMessageID == right.originalClientMessageID && left.product == right.product
            && left.receivedAt == right.receivedAt && left.retryAfterMs == right.retryAfterMs
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(sender)
        hasher.combine(receivedAt)
    }
}
