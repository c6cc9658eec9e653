import ChatWire

/// A message that passed validation and is to be stored.
///
/// An object, as `StoredMessage` is: on its way it is handed on a dozen times, which costs nothing then.
public final class MessageDraft: Sendable {
    public let sender: UserID
    public let receiver: UserID
    public let text: UntrustedText
    /// What the client calls it, as it is compared and stored: a UUID in lower case, anything else as it is.
    public let clientMessageID: ClientMessageID?
    /// The same as the client spelled it, which is how its answers name it.
    public let originalClientMessageID: ClientMessageID?
    public let product: Product?
    /// When the server got it, by its clock.
    public let receivedAt: Timestamp
    /// Set where its sender sends too much: it must not be stored any more, if it is not already.
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

    /// The same, over its sender's rate.
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
