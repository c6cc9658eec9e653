import ChatWire

// The users whom an operator has banned.

extension Hub {
    /// Ends the connections of all banned users. A log-in asks the store itself.
    public func disconnectBannedUsers() async throws(StoreError) {
        disconnect(banned: Array(try await store.bannedUsers()))
    }

    func disconnect(banned: [UserID]) {
        let connections = registry.withLock { registry in banned.flatMap { registry.connections(of: $0) } }
        for connection in connections { connection.handle(.banned) }
    }
}
