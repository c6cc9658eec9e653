import ChatWire

// The way of a message into the database, and from there to everybody's devices.

extension Hub {
    /// Where a message came from.
    struct MessageOrigin: Sendable {
        var connection: Connection
        /// Which limit it is over.
        var overLimit: Metrics.Limit?
    }

    /// Has a message stored, unless its user sends too much. A repeat does not count.
    func append(_ draft: MessageDraft, from connection: Connection) {
        let over = limit(over: draft)
        let origin = MessageOrigin(connection: connection, overLimit: over?.limit)
        commits.append(over.map { draft.overRate(retryAfterMs: $0.retryAfterMs) } ?? draft, from: origin)
    }

    /// Answers messages, and delivers those that were stored to every other device of both their users. Called in commit
    /// order; each thread of connections is waked once for all of it.
    func publish(_ batch: [CommitQueue<MessageOrigin>.Answered]) {
        var round = PublicationRound()
        var strangers: [(UserID, UserID)] = []
        registry.withLock { registry in
            for (draft, result, origin) in batch {
                guard let stored = result.stored else {
                    round.answer(draft, result, to: origin.connection)
                    continue
                }
                let (sender, receiver) = (stored.message.sender, stored.message.receiver)
                let way = registry.way(from: sender, to: stored.reachesReceiver ? receiver : nil)
                let encoding = SharedEncoding(among: way.senders.count + way.receivers.count - 1)
                // Who waits for it hears of it first.
                for (index, connection) in way.receivers.enumerated() {
                    let time = index == 0 ? draft.receivedAt : nil
                    round.deliver(stored, to: connection, sharing: encoding, timedFrom: time)
                }
                round.answer(
                    draft, result, to: origin.connection,
                    way.receivers.isEmpty ? .receiverOffline(receiver) : .delivered(to: receiver))
                for connection in way.senders where connection !== origin.connection {
                    round.deliver(stored, to: connection, sharing: encoding)
                }
                if way.isFirst { strangers.append((sender, receiver)) }
            }
        }
        noteOutcomes(batch)
        round.start(self)
        for (one, other) in strangers { Task { await introduce(one, other) } }
    }

    private func noteOutcomes(_ batch: [CommitQueue<MessageOrigin>.Answered]) {
        meter.note { $0.note(stored: batch.count { $0.result.stored != nil }) }
        for (draft, result, origin) in batch {
            if let limit = origin.overLimit {
                if case .success(.rateLimited) = result { meter.note { $0.noteRefusal(by: limit) } }
            } else if result.isFree {
                giveBack(to: draft.sender)
            }
        }
    }
}

/// What a batch of commits has to tell, by the thread of the connections that it is told to.
private struct PublicationRound {
    private enum Step: Sendable {
        case answer(MessageDraft, AppendResult, LogLine?)
        /// - Parameter timedFrom: When the message was received, if this is where the time to its delivery is taken.
        case delivery(StoredMessage, SharedEncoding?, timedFrom: Timestamp?)
    }

    private typealias Steps = [(connection: Connection, step: Step)]

    private var loops: [(id: ObjectIdentifier, steps: Steps)] = []

    mutating func answer(
        _ draft: MessageDraft, _ result: AppendResult, to connection: Connection, _ line: LogLine? = nil
    ) {
        append(.answer(draft, result, line), connection)
    }

    mutating func deliver(
        _ stored: StoredMessage, to connection: Connection, sharing encoding: SharedEncoding?,
        timedFrom: Timestamp? = nil
    ) {
        append(.delivery(stored, encoding, timedFrom: timedFrom), connection)
    }

    private mutating func append(_ step: Step, _ connection: Connection) {
        let id = connection.socket.loop
        if let index = loops.firstIndex(where: { $0.id == id }) {
            loops[index].steps.append((connection, step))
        } else {
            loops.append((id, [(connection, step)]))
        }
    }

    func start(_ hub: Hub) {
        for (_, steps) in loops {
            steps[0].connection.socket.execute { Self.take(steps, hub) }
        }
    }

    private static func take(_ steps: Steps, _ hub: Hub) {
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
        let now = hub.now()
        hub.meter.note { metrics in for time in receivedAt { metrics.note(deliveryTime: now - time) } }
    }
}
