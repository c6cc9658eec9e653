import ChatWire
import ClientUpdates

/// A conversation in the list.
struct InboxEntry: Sendable {
    let peer: UserID
    var peerName: UntrustedText?
    var product: Product?
    /// Nil if there is only a draft or an unsent message.
    var lastMessage: Message?
    /// The number of the peer's messages that the user has not read.
    var unread = 0
    /// Whether the user blocks the peer, as far as the server has told.
    var isBlocked = false
    /// The place among conversations in the usual order: that of the last message. Without one, that of the moment when
    /// it was added.
    var recency: ConversationList.Recency
    /// What this machine knows beyond the server's list.
    var notes = ConversationNotes()
    /// Whether an answer to the last message waits here to be sent.
    var isAnsweredHere = false

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
        isBlocked = entry.isBlocked
    }

    func has(_ flag: ConversationFlag) -> Bool { notes.flags.contains(flag) }

    var isUnread: Bool { unread > 0 || has(.unread) }

    /// What the conversation adds to the number of unread messages that the user is told. One that was marked as unread
    /// adds 1. Muted and archived ones add nothing.
    var toldUnread: Int {
        if has(.muted) || has(.archived) { return 0 }
        return max(unread, has(.unread) ? 1 : 0)
    }

    /// Since when the peer waits for an answer. Nil if the user wrote last.
    var waitingSince: Timestamp? {
        guard let lastMessage, lastMessage.sender == peer, !isAnsweredHere else { return nil }
        return min(notes.waitingSince ?? lastMessage.createdAt, lastMessage.createdAt)
    }
}
