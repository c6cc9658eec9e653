import ChatWire

// Blocks between users.

extension MemoryLedger {
    @discardableResult
    public mutating func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp = Timestamp(seconds: 0),
        limit: Int? = nil, atMost: Int = .max
    ) -> BlockOutcome {
        if banned.contains(user) { return .banned }
        guard isBlocked != blocks(user, other) else { return .unchanged }
        if isBlocked, let limit, blocks[user, default: [:]].count >= limit { return .tooMany }
        let (delivered, isPartial) = isBlocked ? (nil, false) : deliverWithheld(by: other, to: user, atMost)
        if isPartial { return .partial }
        blocks[user, default: [:]][other] = isBlocked ? Block(since: time, firstPlace: messages.count) : nil
        // If the other user blocks this one too, the profiles are kept already.
        if !blocks(other, user) {
            for (one, peer) in [(user, other), (other, user)] {
                keptProfiles[one, default: [:]][peer] = isBlocked ? profile(of: peer) : nil
            }
        }
        return isBlocked ? .begun : .ended(delivered: delivered)
    }

    /// Delivers messages that the block of `sender` by `user` withholds, the oldest first.
    /// - Returns: the newest of them, and whether there are more.
    private mutating func deliverWithheld(
        by sender: UserID, to user: UserID, _ limit: Int
    ) -> (newest: StoredMessage?, isPartial: Bool) {
        let first = blocks[user]?[sender]?.firstPlace ?? messages.count
        let withheld = conversations[[user, sender], default: Conversation()].places.filter {
            $0 >= first && messages[$0].message.sender == sender && !messages[$0].reachesReceiver
        }
        let places = withheld.prefix(max(1, limit))
        for place in places { deliver(at: place) }
        if let last = places.last { blocks[user]?[sender]?.firstPlace = last + 1 }
        return (places.isEmpty ? nil : messages.last, places.count < withheld.count)
    }

    /// Gives a withheld message its place in the receiver's feed.
    private mutating func deliver(at place: Int) {
        let stored = messages[place]
        let (sender, receiver) = (stored.message.sender, stored.message.receiver)
        let delivery = messages.count
        feeds[receiver, default: []].append(delivery)
        messages.append(
            StoredMessage(
                message: stored.message, product: stored.product, senderCursor: 0,
                receiverCursor: lastCursor(of: receiver)))
        deliveries[stored.message.id] = delivery
        conversations[[sender, receiver]]?.places.append(delivery)
        conversations[[sender, receiver]]?.last[receiver] = delivery
        if stored.product != nil { conversations[[sender, receiver]]?.lastWithProduct[receiver] = delivery }
        peers[receiver, default: []].insert(sender)
    }

    /// A user's profile as another user sees it.
    func profile(of peer: UserID, shownTo user: UserID) -> HistoryPage.Profile {
        keptProfiles[user]?[peer] ?? profile(of: peer)
    }

    public func blockers(of user: UserID, among others: [UserID]) -> [UserID: Timestamp] {
        var times: [UserID: Timestamp] = [:]
        for other in others where !blocks(user, other) { times[other] = blocks[other]?[user]?.since }
        return times
    }

    public func blockedEitherWay(with user: UserID, among others: [UserID]) -> Set<UserID> {
        Set(others.filter { isBlockedEitherWay(user, $0) })
    }

    public func blocks(_ user: UserID, _ other: UserID) -> Bool {
        blocks[user]?[other] != nil
    }

    func isBlockedEitherWay(_ user: UserID, _ other: UserID) -> Bool {
        blocks(user, other) || blocks(other, user)
    }
}
