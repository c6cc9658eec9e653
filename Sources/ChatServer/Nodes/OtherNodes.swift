import ChatWire

/// The users on the other nodes, as far as this one knows.
struct OtherNodes: Sendable {
    /// A user whose presence on other nodes changed from none to some, or the reverse.
    struct Change: Hashable {
        var user: UserID
        var isThere: Bool
    }

    private var users: [NodeID: Set<UserID>] = [:]
    /// The number of nodes that each user is on.
    private var counts: [UserID: Int] = [:]

    var isEmpty: Bool { counts.isEmpty }

    func have(_ user: UserID) -> Bool { counts[user] != nil }

    mutating func add(_ user: UserID, on node: NodeID) -> Change? {
        guard users[node, default: []].insert(user).inserted else { return nil }
        counts[user, default: 0] += 1
        return counts[user] == 1 ? Change(user: user, isThere: true) : nil
    }

    mutating func remove(_ user: UserID, from node: NodeID) -> Change? {
        guard users[node]?.remove(user) != nil, let count = counts[user] else { return nil }
        counts[user] = count > 1 ? count - 1 : nil
        return count == 1 ? Change(user: user, isThere: false) : nil
    }

    /// Sets who is on a node; nobody if it has ended.
    mutating func set(_ present: Set<UserID>, on node: NodeID) -> [Change] {
        let known = users[node] ?? []
        let changes =
            known.subtracting(present).compactMap { remove($0, from: node) }
            + present.subtracting(known).compactMap { add($0, on: node) }
        if present.isEmpty { users[node] = nil }
        return changes
    }

    func users(on node: NodeID) -> Set<UserID> { users[node] ?? [] }
}
