import ChatWire

/// A conversation in the list.
struct InboxEntry: Sendable {
    let peer: UserID
    var peerName: UntrustedText?
    var product: Product?
    /// Nil if there is only a draft or an unsent message.
    var lastMessage: Message?
    /// The number of the peer's messages that the user has not read.
    var unread = 0
    /// The position in the list: that of the last message. Without one, that of the moment when it was added.
    var recency: ConversationList.Recency

    init(peer: UserID, recency: ConversationList.Recency) {
        self.peer = peer
        self.recency = recency
    }

    init(_ entry: ConversationList.Entry) {
        self.init(peer: entry.peer, recency: entry.recency)
        peerName = entry.peerName
        product = entry.product
        lastMessage = entry.lastMessage
        unread = entry.unread
    }
}
