import ChatWire

// What other programs do in the same database.

extension Hub {
    /// Delivers what other programs store, until the task is cancelled. It returns at once if the store is this server's
    /// alone.
    public func watchStore() async {
        guard let store = store as? any SharedStore else { return }
        await store.watch {
            self.registry.withLock(\.connectedUsers)
        } report: { change in
            switch change {
            case .feedsGrew(let cursors): self.registry.feedsGrew(cursors)
            case .dataReplaced: self.endAllConnections()
            }
        }
    }

    /// The clients connect again, find another epoch, and load what they have anew.
    private func endAllConnections() {
        let connections = registry.withLock { registry in
            registry.connectedUsers.flatMap { registry.connections(of: $0) }
        }
        for connection in connections { connection.handle(.dataReplaced) }
    }
}
