import ChatWire

// What other nodes say of their users.

extension PresenceService {
    /// Another node announces a user to these peers.
    func take(_ peers: [UserID], about user: UserID, lastSeen: Timestamp?) {
        registry.withLock { registry in
            for peer in peers { registry.note(acquaintances: [user], of: peer) }
        }
        // The other node may have said so before the user came elsewhere.
        if lastSeen != nil, registry.withLock({ $0.isOnline(user) }) { return }
        // The clock of the other node may be ahead, and nobody was seen in the future.
        tell(peers, about: user, lastSeen: lastSeen.map { min($0, now()) })
    }

    /// Tells users here that others came or left whom no node announces: the lease of their node is over, or two nodes
    /// have each left it to the other.
    ///
    /// - Parameter lastSeen: The time at which those who left did so.
    func tellOfUnannounced(_ changes: [OtherNodes.Change], lastSeen: Timestamp) {
        let told = registry.withLock { registry -> [(told: UserID, of: [UserID])] in
            // Whoever is here as well has not come or left.
            let changed = changes.filter { registry.isOnline($0.user) == $0.isThere }.map(\.user)
            return changes.isEmpty ? [] : registry.acquaintances(among: Set(changed))
        }
        if told.isEmpty { return }
        Task {
            for (user, others) in told {
                await logged { () throws(StoreError) in
                    let blocked = try await semaphore.withPermit(for: user) { () throws(StoreError) in
                        try await store.blockedEitherWay(with: user, among: others)
                    }
                    for other in others where !blocked.contains(other) {
                        tell([user], about: other, lastSeen: min(lastSeen, now()))
                    }
                }
            }
        }
    }

    /// Stores when the users of a node were last seen that could not do it itself.
    func recordLastSeen(_ time: Timestamp, of users: Set<UserID>) {
        Task {
            for some in Array(users).pieces(of: Self.seenAtOnce) {
                await writeLastSeen(time, of: some) { registry, user in !registry.isOnline(user) }
            }
        }
    }
}
