import ChatWire

// Whom an operator keeps out.

extension Hub {
    /// Ends the connections of those who are banned by now. Log-ins ask the store themselves.
    public func disconnectBannedUsers() async throws(StoreError) {
        let banned = try await store.bannedUsers()
        let connections = registry.withLock { registry in banned.flatMap { registry.connections(of: $0) } }
        for connection in connections { connection.handle(.banned) }
    }
}
