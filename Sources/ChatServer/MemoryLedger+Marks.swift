import ChatWire

// How far users have what was written to them, and when they were here last.

extension MemoryLedger {
    public mutating func acknowledge(_ acknowledgements: [Acknowledgement]) -> [[DeliveredMark]] {
        acknowledgements.map { acknowledge($0) }
    }

    private mutating func acknowledge(_ acknowledgement: Acknowledgement) -> [DeliveredMark] {
        let user = acknowledgement.user
        let feed = feeds[user, default: []]
        let (before, now) = (acknowledged[user, default: 0], min(acknowledgement.cursor, feed.count))
        guard before < now else { return [] }
        acknowledged[user] = now
        var newest: [UserID: Int] = [:]
        for place in feed[before..<now] {
            let sender = messages[place].message.sender
            if sender != user, !blocks(user, sender) { newest[sender] = place }
        }
        for (sender, place) in newest { conversations[[user, sender]]?.delivered[user] = place }
        return newest.filter { !blocks($0.key, user) }.values.sorted().map { place in
            DeliveredMark(sender: messages[place].message.sender, messageID: messages[place].message.id)
        }
    }

    public mutating func markRead(by user: UserID, with peer: UserID, upTo messageID: String) -> Bool? {
        guard let place = place(of: messageID, of: user, with: peer) else { return nil }
        let isFurther = !blocks(user, peer) && place > conversations[[user, peer]]?.read[user] ?? -1
        if isFurther { conversations[[user, peer]]?.read[user] = place }
        return isFurther
    }

    public func marks(of user: UserID, since: Timestamp, limit: Int) -> [ConversationMarks] {
        latestConversations(of: user)
            .filter { messages[$0.conversation.last[user] ?? 0].message.createdAt >= since }
            .prefix(max(0, limit))
            .map { marks(of: user, with: $0.peer) }
    }

    public func marks(of user: UserID, with peer: UserID) -> ConversationMarks {
        let conversation = conversations[[user, peer]] ?? Conversation()
        func mark(of user: UserID) -> ConversationMark {
            ConversationMark(
                user: user, delivered: conversation.delivered[user].map { messages[$0].message.id },
                read: conversation.read[user].map { messages[$0].message.id })
        }
        return ConversationMarks(
            own: mark(of: user), peer: blocks(user, peer) ? ConversationMark(user: peer) : mark(of: peer))
    }

    public mutating func setLastSeen(_ time: Timestamp, of user: UserID) {
        lastSeen[user] = time
    }

    public func lastSeen(of users: [UserID]) -> [UserID: Timestamp] {
        lastSeen.filter { Set(users).contains($0.key) }
    }
}
