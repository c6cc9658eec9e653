import ChatWire

/// A message that a search in all conversations found.
public struct FoundMessage: Sendable, Hashable {
    public var message: Message
    /// The other user of its conversation.
    public var peer: UserID
    public var peerName: UntrustedText?
    /// What the message is about; nil if it does not say.
    public var product: Product?

    public init(message: Message, peer: UserID, peerName: UntrustedText? = nil, product: Product? = nil) {
        self.message = message
        self.peer = peer
        self.peerName = peerName
        self.product = product
    }
}

/// Some results of a search in all conversations, newest first.
public struct FoundPage: Sendable, Hashable {
    public var messages: [FoundMessage]
    /// Where the next page begins. Only the store that returned it can interpret it. Nil if there are no more.
    public var next: Int64?
    /// How many messages could not be searched yet, because they are not in the index.
    public var unindexed: Int
    /// Of how many conversations the store does not have the whole history, as far as it knows.
    public var incomplete: Int

    public init(messages: [FoundMessage] = [], next: Int64? = nil, unindexed: Int = 0, incomplete: Int = 0) {
        self.messages = messages
        self.next = next
        self.unindexed = unindexed
        self.incomplete = incomplete
    }
}
