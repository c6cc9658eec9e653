import ChatWire

// Delivery and read marks, and last-seen times.

extension MemoryLedger {
    public mutating func acknowledge(_ acknowledgements: [Acknowledgement], atMost: Int = .max) -> [Coverage] {
        acknowledgements.map { acknowledge($0, atMost) }
    }

    private mutating func acknowledge(_ acknowledgement: Acknowledgement, _ limit: Int) -> Coverage {
        let user = acknowledgement.user
        let feed = feeds[user, default: []]
        let (before, wanted) = (acknowledged[user, default: 0], min(acknowledgement.cursor, feed.count))
        guard before < wanted, !banned.contains(user) else { return Coverage() }
        let now = wanted - before > limit ? before + limit : wanted
        acknowledged[user] = now
        var newest: [UserID: Int] = [:]
        for place in feed[before..<now] {
            let sender = messages[place].message.sender
            if sender != user, !blocks(user, sender) { newest[sender] = place }
        }
        for (sender, place) in newest { conversations[[user, sender]]?.delivered[user] = place }
        let marks = newest.filter { !blocks($0.key, user) }.values.sorted().map { place in
            DeliveredMark(sender: messages[place].message.sender, messageID: messages[place].message.id)
        }
        return Coverage(marks: marks, isPartial: now < wanted)
    }

    /// Sets marks. The cost does not depend on the distance here, so every mark moves all the way.
    public mutating func markRead(_ marks: [ReadMark]) -> [ReadOutcome] {
        let merged = MergedMarks(marks) { place(of: $0.messageID, of: $0.user, with: $0.peer) }
        let outcomes = merged.furthest.mapValues { furthest in
            let (user, peer) = (marks[furthest.index].user, marks[furthest.index].peer)
            let isFurther =
                !banned.contains(user) && !blocks(user, peer)
                && furthest.place > conversations[[user, peer]]?.read[user] ?? -1
            guard isFurther else { return ReadOutcome.unchanged }
            conversations[[user, peer]]?.read[user] = furthest.place
            return .set(newest: newestRead(by: user, of: peer))
        }
        return merged.answers(outcomes)
    }

    public mutating func markRead(by user: UserID, with peer: UserID, upTo messageID: MessageID) -> Bool? {
        switch markRead([ReadMark(user: user, peer: peer, messageID: messageID)])[0] {
        case .unknown: nil
        case .unchanged, .partial: false
        case .set: true
        }
    }

    public func lastTime(of user: UserID, with peer: UserID) -> Timestamp? {
        conversations[[user, peer]]?.last[user].map { messages[$0].message.createdAt }
    }

    public func marks(of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int) -> MarksPage {
        let limit = max(0, limit)
        let page = latestConversations(of: user).compactMap { entry in
            entry.conversation.last[user].map { (peer: entry.peer, place: $0) }
        }.filter { range.contains($0.place) }.prefix(limit)
        let recent = page.filter { messages[$0.place].message.createdAt >= since }
        return MarksPage(
            marks: recent.map { marks(of: user, with: $0.peer) }, newest: page.first?.place, oldest: page.last?.place,
            hasMore: page.count == limit && !recent.isEmpty)
    }

    public func marks(of user: UserID, with peer: UserID) -> ConversationMarks {
        let conversation = conversations[[user, peer]] ?? Conversation()
        func mark(of user: UserID, towards peer: UserID) -> ConversationMark {
            ConversationMark(
                user: user, delivered: conversation.delivered[user].map { messages[$0].message.id },
                read: newestRead(by: user, of: peer))
        }
        return ConversationMarks(
            own: mark(of: user, towards: peer),
            peer: blocks(user, peer) ? ConversationMark(user: peer) : mark(of: peer, towards: user))
    }

    /// The newest message of the peer that the user's read mark covers.
    private func newestRead(by user: UserID, of peer: UserID) -> MessageID? {
        guard let conversation = conversations[[user, peer]], let mark = conversation.read[user] else { return nil }
        return conversation.places.last {
            $0 <= mark && messages[$0].message.sender == peer && messages[$0].reachesReceiver
        }.map { messages[$0].message.id }
    }

    public mutating func setLastSeen(_ time: Timestamp, of user: UserID) {
        if !banned.contains(user) { lastSeen[user] = time }
    }

    public func lastSeen(of users: [UserID]) -> [UserID: Timestamp] {
        lastSeen.filter { Set(users).contains($0.key) }
    }
}
