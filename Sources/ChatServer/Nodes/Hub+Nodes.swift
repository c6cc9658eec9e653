import ChatWire

// The other nodes of the database.

extension Hub {
    /// Does what other nodes ask for, and watches whether they live, until the task is cancelled. It returns at once if
    /// this is the only node.
    public func runNodes() async {
        guard let nodes else { return }
        async let signs: Void = announce(nodes)
        await nodes.run()
        await signs
    }

    /// Tells the other servers of the database, which may be on another bus by mistake.
    private func announce(_ nodes: NodeService) async {
        guard let store = store as? any SharedStore else { return }
        while !Task.isCancelled {
            // A server whose bus is away says so itself. A sign that gets lost is followed by others.
            if nodes.problem == nil { try? await store.announce(nodes.sign) }
            try? await Task.sleep(for: nodes.timeBetweenSigns)
        }
    }

    /// Tells the other nodes that this one ends, so that its clients have time to connect to them. It is called last:
    /// what was stored here was told before. It returns after `limit` at the latest.
    public func leaveNodes(within limit: Duration) async {
        guard let nodes else { return }
        await within(limit) { await nodes.leave() }
    }

    /// Tells the other nodes whose feeds a batch has made longer.
    func publishHints(of batch: [CommitQueue<MessageOrigin<Connection>>.Answered]) {
        guard let nodes else { return }
        var hints: [UserID: FeedHint] = [:]
        func note(_ user: UserID, _ cursor: Int, sent: Int) {
            var hint = hints[user] ?? FeedHint(user: user, cursor: cursor)
            hint.cursor = max(hint.cursor, cursor)
            hint.sent += sent
            hints[user] = hint
        }
        for stored in batch.lazy.compactMap(\.result.stored) {
            note(stored.message.sender, stored.senderCursor, sent: 1)
            if let cursor = stored.receiverCursor { note(stored.message.receiver, cursor, sent: 0) }
        }
        if !hints.isEmpty { nodes.outlet.publish(.feedsGrew(Array(hints.values))) }
    }
}
