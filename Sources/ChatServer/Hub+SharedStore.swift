import ChatWire

// What other programs do in the same database.

extension Hub {
    /// Delivers what other programs store, and tells who has read in them, until the task is cancelled. It returns at once
    /// if the store is this server's alone.
    public func watchStore() async {
        guard let store = store as? any SharedStore else { return }
        await store.watch {
            self.registry.withLock(\.connectedUsers)
        } report: { change in
            switch change {
            case .feedsGrew(let cursors): self.registry.feedsGrew(cursors)
            case .read(let reads): reads.forEach(self.tell)
            case .readsMissed: self.remoteReceipts.makeUpForWhatWasMissed()
            case .banned(let users): self.disconnect(banned: users)
            case .nodeIsThere(let sign): self.nodes?.take(sign)
            case .dataReplaced: self.endAllConnections()
            }
        }
    }

    /// Every node hears of it from the database, so other nodes are not told.
    private func tell(_ read: ReadElsewhere) {
        let (reader, sender, id) = (read.mark.user, read.mark.peer, read.mark.messageID)
        if read.isSenderTold {
            remoteReceipts.append(.read(user: reader, otherUser: nil, messageID: id), to: sender)
        }
        remoteReceipts.append(.read(user: reader, otherUser: sender, messageID: id), to: reader)
    }

    /// The clients connect again, find another epoch, and load what they have anew.
    private func endAllConnections() {
        let connections = registry.withLock { registry in
            registry.connectedUsers.flatMap { registry.connections(of: $0) }
        }
        for connection in connections { connection.handle(.dataReplaced) }
    }
}
