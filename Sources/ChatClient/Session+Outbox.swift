import ChatWire

// What becomes of the messages written here: sending, confirmations, refusals, and what was in flight when the
// connection broke.

extension Session {
    mutating func send(id: String, text: String, _ now: Moment) -> [Effect] {
        guard outbox[id] == nil else { return [] }
        outbox.append(id: id, text: text)
        return [.update(.outgoing(id: id, .waiting))] + transmitNext(now)
    }

    mutating func resend(id: String, _ now: Moment) -> [Effect] {
        guard outbox.release(id: id) else { return [] }
        return [.update(.outgoing(id: id, .waiting))] + transmitNext(now)
    }

    mutating func discard(id: String, _ now: Moment) -> [Effect] {
        guard outbox[id]?.state == .held else { return [] }
        outbox[id] = nil
        return []
    }

    /// Gives the connection the next message, if it may have one now.
    mutating func transmitNext(_ now: Moment) -> [Effect] {
        guard case .online(let version) = phase, version >= 2 || history.isSettled, deadlines[.resend] == nil,
            var entry = outbox.next
        else { return [] }
        entry.state = .inFlight
        outbox[entry.id] = entry
        deadlines[.answer] = now.instant + .seconds(10)
        let message = ClientEvent.OutgoingMessage(
            sender: user, receiver: peer, text: UntrustedText(entry.text), clientMessageID: entry.id, product: product)
        return [.transmit(.message(message))]
    }

    /// After an authorisation: what the last connection left without an answer.
    mutating func resumeOutbox(_ now: Moment) -> [Effect] {
        guard case .online(let version) = phase, version >= 2 else { return [] }  // protocol 1: see `settleOutbox`
        if var entry = outbox.inFlight {
            entry.state = .waiting
            outbox[entry.id] = entry
        }
        return transmitNext(now)
    }

    /// Protocol 1: looks for the message whose confirmation was lost among those that the server has now.
    ///
    /// `page` is nil where the history cannot be had. The older server gives the oldest 1,000 messages at most: in a
    /// page that long a new message cannot be expected.
    mutating func settleOutbox(with page: HistoryPage?, _ now: Moment) -> [Effect] {
        guard let entry = outbox.inFlight else { return transmitNext(now) }
        // Without all older ids, an earlier message with the same text could be taken for this one.
        let candidates = knowsOwnMessages ? page?.messages.map(\.message) ?? [] : []
        let found = candidates.first {
            $0.sender == user && $0.receiver == peer && !settledIDs.contains(UntrustedText($0.id))
                && $0.text == UntrustedText(entry.text)
        }
        if let found { return stored(entry.id, as: found) + transmitNext(now) }
        return hold(entry, .unconfirmed) + transmitNext(now)
    }

    mutating func confirmed(_ event: ServerEvent.MessageSent, _ now: Moment) -> [Effect] {
        guard !settledIDs.contains(UntrustedText(event.messageID)) || event.clientMessageID != nil else { return [] }
        // A confirmation of protocol 1 names no message of ours; with one in flight it can only mean that one.
        guard let entry = event.clientMessageID.map({ outbox[$0] }) ?? outbox.inFlight else { return [] }
        let message = Message(
            id: event.messageID, sender: user, receiver: peer, text: UntrustedText(entry.text),
            createdAt: event.createdAt ?? now.wall)
        return [.log(.sent(event.messageID))] + stored(entry.id, as: message) + transmitNext(now)
    }

    mutating func refused(_ failure: ServerEvent.Failure, _ now: Moment) -> [Effect] {
        let log = Effect.log(.refusedByServer(failure.code))
        guard let entry = failure.clientMessageID.map({ outbox[$0] }) ?? outbox.inFlight else { return [log] }
        if let delay = retryDelay(for: entry, failure) {
            var entry = entry
            entry.state = .waiting
            if failure.code == .storageFailed { entry.retries += 1 }
            outbox[entry.id] = entry
            stopWaitingForAnswer()
            deadlines[.resend] = now.instant + delay
            return [log]
        }
        return [log] + hold(entry, .refused(failure.code, message: failure.message)) + transmitNext(now)
    }

    /// How long to wait before a refused message goes again by itself, or nil where it is the user's turn.
    private func retryDelay(for entry: Outbox.Entry, _ failure: ServerEvent.Failure) -> Duration? {
        // Only protocol 2 says which message it means, and knows a repeat when it sees one.
        guard failure.clientMessageID != nil else { return nil }
        switch failure.code {
        case .rateLimited: return .milliseconds(min(max(failure.retryAfterMs ?? 1000, 100), 60_000))
        case .storageFailed where entry.retries < 3: return .seconds(1 << entry.retries)
        default: return nil
        }
    }

    mutating func stored(_ id: String, as message: Message) -> [Effect] {
        outbox[id] = nil
        settledIDs.insert(UntrustedText(message.id))
        stopWaitingForAnswer()
        return [.update(.outgoing(id: id, .stored(message)))]
    }

    private mutating func hold(_ entry: Outbox.Entry, _ status: OutgoingStatus) -> [Effect] {
        var entry = entry
        entry.state = .held
        outbox[entry.id] = entry
        stopWaitingForAnswer()
        return [.update(.outgoing(id: entry.id, status))]
    }

    private mutating func stopWaitingForAnswer() {
        deadlines[.answer] = nil
        deadlines[.answerAfterPing] = nil
    }
}
