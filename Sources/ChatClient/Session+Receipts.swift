import ChatWire

// Who has seen what, and who is typing: protocol 2 only.

struct Receipts: Sendable {
    /// Up to here the user has seen the open conversation.
    var seen: MessageID?
    /// Up to here the user has seen each in this window. The server may not have heard it: the connection may have been dead.
    var unsure: [UserID: MessageID] = [:]
    /// What was unsure when the list was asked for: that list tells whether the server knows it.
    var unsureOfList: [UserID: MessageID] = [:]
    var lastTyped: ContinuousClock.Instant?
}

extension Session {
    /// The least time between two `typing` events.
    private static let typingInterval: Duration = .seconds(3)

    mutating func marked(_ mark: ConversationMark, peer: UserID) {
        guard peer != user, mark.user == user || mark.user == peer else { return }
        saves.append(.mark(mark, peer: peer))
        if peer == self.peer { saves.append(nil, then: .update(.marked(mark))) }
        if mark.user == user, let messageID = mark.read { list(.read(upTo: messageID, peer: peer, isHere: false)) }
    }

    mutating func seen(upTo messageID: MessageID) -> [Effect] {
        guard let peer, receipts.seen != messageID else { return [] }
        receipts.seen = messageID
        saves.append(.mark(ConversationMark(user: user, read: messageID), peer: peer))
        list(.read(upTo: messageID, peer: peer, isHere: true))
        if tellsRead { receipts.unsure[peer] = messageID }
        return repeatSeen()
    }

    /// Tells the server; also after a reconnect, because it may not have heard it the last time.
    func repeatSeen() -> [Effect] {
        guard tellsRead, let peer, let messageID = receipts.seen, feed.state == .live else { return [] }
        return [.transmit(.read(otherUser: peer, messageID: messageID))]
    }

    /// After a connection came to be: of each conversation, until the server's list says that it knows.
    func tellSeen() -> [Effect] {
        guard feed.state == .live else { return [] }
        return toldSeen.map { .transmit(.read(otherUser: $0.key, messageID: $0.value)) }
    }

    /// The open conversation comes last.
    var toldSeen: [(key: UserID, value: MessageID)] {
        let others = receipts.unsure.filter { $0.key != peer }
            .sorted { $0.key.wire.precedes(inBytes: $1.key.wire) }
        guard tellsRead, let peer, let seen = receipts.seen else { return others }
        return others + [(peer, seen)]
    }

    mutating func typed(_ now: Moment) -> [Effect] {
        guard let peer, feed.state == .live else { return [] }
        if let last = receipts.lastTyped, now.instant - last < Self.typingInterval { return [] }
        receipts.lastTyped = now.instant
        return [.transmit(.typing(receiver: peer))]
    }
}
