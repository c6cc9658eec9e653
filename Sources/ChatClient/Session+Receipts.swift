import ChatWire

// Read and delivery marks, and typing notices, in protocol 2 only.

extension Session {
    /// The minimum time between two `typing` events.
    private static let typingInterval: Duration = .seconds(3)

    mutating func marked(_ mark: ConversationMark, peer: UserID) {
        guard peer != user, mark.user == user || mark.user == peer else { return }
        saves.append(.mark(mark, peer: peer))
        if peer == self.peer { saves.append(nil, then: .update(.marked(mark))) }
        if mark.user == user, let messageID = mark.read { list(.read(upTo: messageID, peer: peer, isHere: false)) }
    }

    /// - Parameter other: The conversation. It may be one that was open before. Nil: the open one.
    mutating func seen(upTo messageID: MessageID, in other: UserID?) -> [Effect] {
        guard let peer = other ?? peer else { return [] }
        let isOpen = peer == self.peer
        if isOpen, conversation.seen == messageID { return [] }
        if isOpen { conversation.seen = messageID }
        saves.append(.mark(ConversationMark(user: user, read: messageID), peer: peer))
        list(.read(upTo: messageID, peer: peer, isHere: true))
        if tellsRead { unconfirmedReads[peer] = messageID }
        return isOpen ? sendReadMark() : sendReadMark(to: peer)
    }

    /// Sends the read mark to the server. It is sent again after a reconnect, because the last one may be lost.
    func sendReadMark() -> [Effect] {
        guard tellsRead, let peer, let messageID = conversation.seen, link.feed == .live else { return [] }
        return [.transmit(.read(otherUser: peer, messageID: messageID))]
    }

    /// Sends the read mark again after a block. The server took none during it.
    func sendReadMark(to peer: UserID) -> [Effect] {
        guard link.feed == .live, let messageID = unconfirmedReads[peer] else { return [] }
        return [.transmit(.read(otherUser: peer, messageID: messageID))]
    }

    /// Sends the read marks of all conversations on a new connection. They are sent again until the server's list shows
    /// that they arrived.
    func sendReadMarks() -> [Effect] {
        guard link.feed == .live else { return [] }
        return readMarksToSend.map { .transmit(.read(otherUser: $0.key, messageID: $0.value)) }
    }

    /// The open conversation comes last.
    var readMarksToSend: [(key: UserID, value: MessageID)] {
        let others = unconfirmedReads.filter { $0.key != peer }
            .sorted { $0.key.wire.precedes(inBytes: $1.key.wire) }
        guard tellsRead, let peer, let seen = conversation.seen else { return others }
        return others + [(peer, seen)]
    }

    mutating func typed(_ now: Moment) -> [Effect] {
        guard let peer, link.feed == .live else { return [] }
        if let last = link.conversation.lastTyped, now.instant - last < Self.typingInterval { return [] }
        link.conversation.lastTyped = now.instant
        return [.transmit(.typing(receiver: peer))]
    }
}
