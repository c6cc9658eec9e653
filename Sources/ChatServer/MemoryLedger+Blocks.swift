import ChatWire

// Who wants to hear nothing of whom.

extension MemoryLedger {
    @discardableResult
    public mutating func setBlocked(_ isBlocked: Bool, _ other: UserID, by user: UserID) -> Bool {
        if isBlocked { return blocks[user, default: []].insert(other).inserted }
        return blocks[user]?.remove(other) != nil
    }

    public func separated(from user: UserID) -> Set<UserID> {
        blocks[user, default: []].union(blocks.filter { $0.value.contains(user) }.keys)
    }

    public func blocks(_ user: UserID, _ other: UserID) -> Bool {
        blocks[user]?.contains(other) ?? false
    }

    func areApart(_ user: UserID, _ other: UserID) -> Bool {
        blocks(user, other) || blocks(other, user)
    }
}
