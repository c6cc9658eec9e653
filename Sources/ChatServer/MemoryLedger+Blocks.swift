import ChatWire

// Who wants to hear nothing of whom.

extension MemoryLedger {
    @discardableResult
    public mutating func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp = Timestamp(seconds: 0)
    ) -> Bool {
        guard isBlocked != blocks(user, other) else { return false }
        blocks[user, default: [:]][other] = isBlocked ? time : nil
        return true
    }

    public func blockers(of user: UserID) -> [UserID: Timestamp] {
        blocks.compactMapValues { $0[user] }.filter { !blocks(user, $0.key) }
    }

    public func separated(from user: UserID) -> Set<UserID> {
        Set(blocks[user, default: [:]].keys).union(blocks.filter { $0.value[user] != nil }.keys)
    }

    public func blocks(_ user: UserID, _ other: UserID) -> Bool {
        blocks[user]?[other] != nil
    }

    func areApart(_ user: UserID, _ other: UserID) -> Bool {
        blocks(user, other) || blocks(other, user)
    }
}
