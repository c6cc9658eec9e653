import ChatWire

/// A message written here that no server has confirmed.
public struct UnsentMessage: Sendable, Hashable {
    /// The `clientMessageId` of the protocol.
    public var id: ClientMessageID
    public var receiver: UserID
    public var text: String
    public var product: Product?
    public var createdAt: Timestamp
    public var state: State

    public enum State: String, Sendable, Hashable {
        case waiting
        /// It was sent in protocol 1, which does not recognise repeated messages. It may have arrived.
        case inFlight
        /// It waits for the user's decision.
        case held
    }

    public init(
        id: ClientMessageID, receiver: UserID, text: String, product: Product? = nil, createdAt: Timestamp,
        state: State = .waiting
    ) {
        self.id = id
        self.receiver = receiver
        self.text = text
        self.product = product
        self.createdAt = createdAt
        self.state = state
    }
}
