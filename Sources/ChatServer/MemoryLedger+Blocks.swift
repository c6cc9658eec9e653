import ChatWire

// Blocks between users.

extension MemoryLedger {
    @discardableResult
    public mutating func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp = Timestamp(seconds: 0),
        limit: Int? = nil
    ) -> BlockOutcome {
        if banned.contains(user) { return .banned }
        guard isBlocked != blocks(user, other) else { return .unchanged }
        if isBlocked, let limit, blocks[user, default: [:]].count >= limit { return .tooMany }
        blocks[user, default: [:]][other] = isBlocked ? time : nil
        // If the other user blocks this one too, the profiles are kept already.
        if !blocks(other, user) {
            for (one, peer) in [(user, other), (other, user)] {
                keptProfiles[one, default: [:]][peer] = isBlocked ? profile(of: peer) : nil
            }
        }
        return .changed
    }

    /// A user's profile as another user sees it.
    func profile(of peer: UserID, shownTo user: UserID) -> HistoryPage.Profile {
        keptProfiles[user]?[peer] ?? profile(of: peer)
    }

    public func blockers(of user: UserID, among others: [UserID]) -> [UserID: Timestamp] {
        var times: [UserID: Timestamp] = [:]
        for other in others where !blocks(user, other) { times[other] = blocks[other]?[user] }
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
