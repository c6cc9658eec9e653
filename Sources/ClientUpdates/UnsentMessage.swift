import ChatWire

/// A message written here that no server has confirmed.
public struct UnsentMessage: Sendable, Hashable {
    /// Its `clientMessageId`.
    public var id: ClientMessageID
    public var receiver: UserID
    public var text: String
    public var product: Product?
    public var createdAt: Timestamp
    public var state: State

    public enum State: String, Sendable, Hashable {
        case waiting
        /// Given to a connection of the first protocol, which knows no repeats: it may have arrived.
        case inFlight
        /// Waits for the user's word.
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
