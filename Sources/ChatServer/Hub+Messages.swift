import ChatWire

// The path of a message into the database, and from there to the devices of both users.

extension Hub {
    /// Queues a message for storing, if its user is within the limits. A repeat does not count.
    func append(_ draft: MessageDraft, from connection: Connection) {
        let (draft, overLimit) = traffic.admit(draft)
        commits.append(draft, from: MessageOrigin(device: connection, overLimit: overLimit))
    }

    /// Performs a `Publication`. It is called in commit order.
    func publish(_ batch: [CommitQueue<MessageOrigin<Connection>>.Answered]) {
        let publication = registry.withLock { Publication(of: batch, to: &$0) }
        metrics.update { $0.note(stored: batch.count { $0.result.stored != nil }) }
        for (draft, result, origin) in batch { traffic.complete(draft, result, overLimit: origin.overLimit) }
        for (_, steps) in publication.loops {
            steps[0].device.socket.execute { self.take(steps) }
        }
        publishHints(of: batch)
        for (one, other) in publication.firstContacts { presence.introduce(one, other) }
    }

    private func take(_ steps: Publication<Connection>.Steps) {
        var receivedAt: [Timestamp] = []
        for (connection, step) in steps {
            switch step {
            case .answer(let draft, let result, let line):
                connection.answered(draft, result)
                if let line { connection.note(line) }
            case .delivery(let stored, let encoding, let time):
                connection.handle(.delivery(stored), sharing: encoding)
                if let time { receivedAt.append(time) }
            }
        }
        if receivedAt.isEmpty { return }
        let time = now()
        metrics.update { metrics in for received in receivedAt { metrics.note(deliveryTime: time - received) } }
    }
}
