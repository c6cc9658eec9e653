import ChatWire

// What becomes of the messages written here: to the disk, sending, confirmations, refusals, and what was in flight when
// the connection broke.

extension Session {
    /// The message goes to disk, and leaves the draft, in one transaction.
    mutating func send(id: ClientMessageID, text: String, _ now: Moment) {
        guard let peer, outbox[id] == nil else { return }
        let message = UnsentMessage(id: id, receiver: peer, text: text, product: conversation.product, createdAt: now.wall)
        outbox.append(message, state: .unsaved)
        unsavedDrafts[peer] = nil
        drafted.remove(peer)
        if unsavedDrafts.isEmpty { draftsDue = nil }
        saves.append(.draft("", peer: peer))
        saves.append(.enqueue(message), then: .saved(id: id))
    }

    mutating func saved(_ id: ClientMessageID, _ now: Moment) -> [Effect] {
        guard var entry = outbox[id], entry.state == .unsaved else { return [] }
        entry.state = .waiting
        outbox[id] = entry
        return show(entry, .waiting) + transmitNext(now)
    }

    mutating func resend(id: ClientMessageID, _ now: Moment) -> [Effect] {
        guard outbox.release(id: id), let entry = outbox[id] else { return [] }
        resendsOnRequest.insert(id)
        saves.append(.setState(.waiting, ofUnsent: id))
        return show(entry, .waiting) + transmitNext(now)
    }

    mutating func discard(id: ClientMessageID) {
        guard outbox[id]?.state == .held else { return }
        outbox[id] = nil
        saves.append(.removeUnsent(id: id))
    }
}

// MARK: - Sending

extension Session {
    /// So long a message may be unanswered before the link has to prove that it lives.
    static let answerTime: Duration = .seconds(10)

    /// Gives the connection what it may have now: a message of each conversation, or one in all against protocol 1.
    mutating func transmitNext(_ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        while maySend, var entry = outbox.next(butFor: disk.leftBehind) {
            guard !entry.message.isStale(at: now.wall) || resendsOnRequest.contains(entry.id) else {
                effects += hold(entry, .stale)
                continue
            }
            entry.state = .inFlight
            entry.givenAt = now.instant
            outbox[entry.id] = entry
            awaitAnswer()
            if isProtocol1 {
                // It must be known for ever that it may have arrived: this server would take it twice.
                outbox[entry.id]?.wasGivenToProtocol1 = true
                saves.append(.setState(.inFlight, ofUnsent: entry.id), then: .transmit(id: entry.id, link: linkNumber))
            } else {
                effects += transmit(entry.id)
            }
        }
        return effects
    }

    private var maySend: Bool {
        // What the disk does not give yet was written before.
        guard case .online = phase, link.deadlines[.resend] == nil, !disk.isFeedUnknown else { return false }
        if isProtocol1 { return link.history.isSettled && outbox.inFlight == nil }
        return link.feed == .live || link.feed.isReloading
    }

    var isProtocol1: Bool { phase == .online(protocolVersion: 1) }

    func transmit(_ id: ClientMessageID) -> [Effect] {
        guard let entry = outbox[id], entry.state == .inFlight else { return [] }
        let message = entry.message
        return [
            .transmit(
                .message(
                    .init(
                        sender: user, receiver: message.receiver, text: UntrustedText(message.text),
                        clientMessageID: id, product: message.product)))
        ]
    }
}

// MARK: - Answers

extension Session {
    mutating func confirmed(_ event: ServerEvent.MessageSent, _ now: Moment) -> [Effect] {
        guard !settledIDs.contains(event.messageID) || event.clientMessageID != nil else { return [] }
        // A confirmation of protocol 1 names no message of ours; with one in flight it can only mean that one.
        guard let entry = event.clientMessageID.map({ outbox[$0] }) ?? outbox.longestUnanswered else {
            return confirmedLate(event, now)
        }
        let message = Message(
            id: event.messageID, sender: user, receiver: entry.message.receiver,
            text: UntrustedText(entry.message.text), createdAt: event.createdAt ?? now.wall)
        let stored = StoredMessage(
            message: message, cursor: event.cursor, clientMessageID: entry.id, product: entry.message.product)
        let arrival = event.cursor.map { self.arrival(of: $0) } ?? .next
        if arrival == .hole { return missed(now) }
        settled(entry.id, as: stored, isNew: arrival == .next)
        return [.log(.sent(event.messageID))] + transmitNext(now)
    }

    /// The message is settled already, or was never here. It has its place in the feed all the same.
    private mutating func confirmedLate(_ event: ServerEvent.MessageSent, _ now: Moment) -> [Effect] {
        guard let cursor = event.cursor else { return [] }
        switch arrival(of: cursor) {
        case .known: return []
        case .next where settledIDs.contains(event.messageID):
            advance(to: cursor, messageID: event.messageID)
            return []
        case .next, .hole: return missed(now)
        }
    }

    mutating func refused(_ failure: ServerEvent.Failure, _ now: Moment) -> [Effect] {
        let log = Effect.log(.refusedByServer(failure.code))
        // Protocol 2 says which message it means, if it means one; in protocol 1 it can only be the one in flight.
        let meant = failure.clientMessageID.map { outbox[$0] } ?? (isProtocol1 ? outbox.longestUnanswered : nil)
        guard let entry = meant else {
            // Others are about what this program did beside.
            let isAboutBlock = [.storageFailed, .forbidden, .notAuthorized].contains(failure.code)
            return [log] + (isAboutBlock ? blockingFailed(.refused(failure.code)) : [])
        }
        if let delay = retryDelay(for: entry, failure) {
            var entry = entry
            entry.state = .waiting
            if failure.code == .storageFailed { entry.retries += 1 }
            outbox[entry.id] = entry
            awaitAnswer()
            link.deadlines[.resend] = now.instant + delay
            guard entry.message.receiver == peer else { return [log] }
            return [log, .update(.postponed(id: entry.id, failure.code, by: delay))]
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

    /// Protocol 1: looks for the messages whose confirmations were lost among those that the server has now.
    ///
    /// `page` is nil where the history cannot be had, or does not tell all.
    mutating func settleOutbox(with page: HistoryPage?, _ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for entry in outbox.entries where entry.state == .inFlight && entry.givenAt == nil {
            if let found = confirmation(of: entry, in: page) {
                settled(entry.id, as: StoredMessage(message: found), isNew: true)
            } else {
                effects += hold(entry, .unconfirmed)
            }
        }
        return effects + transmitNext(now)
    }

    /// A peer's answer may be here before what it answers. So much the clocks may differ where only times tell that.
    private static let clockTolerance: Duration = .seconds(120)

    /// What in the history can be this message.
    func confirmation(of entry: Outbox.Entry, in page: HistoryPage?) -> Message? {
        newcomers(of: page, since: entry.message.createdAt).first {
            $0.sender == user && $0.receiver == entry.message.receiver && $0.text == UntrustedText(entry.message.text)
        }
    }

    /// What was not there before. Where that is not known, an earlier message with the same text could be taken for the one
    /// in flight, so then there is nothing.
    private func newcomers(of page: HistoryPage?, since written: Timestamp) -> [Message] {
        let messages = page?.messages.map(\.message) ?? []
        let isSettled: (Message) -> Bool = { settledIDs.contains($0.id) }
        switch conversation.settledKnowledge {
        case .none: return []
        case .newest:
            guard let last = messages.lastIndex(where: isSettled) else { return [] }
            // Own messages go one after the other, so none of those that are here was stored after it.
            let lastOwn = messages.lastIndex { $0.sender == user && isSettled($0) } ?? last
            let earliest = written.advanced(by: .zero - Self.clockTolerance)
            return messages[(lastOwn + 1)..<(last + 1)].filter { !isSettled($0) && $0.createdAt >= earliest }
                + messages[(last + 1)...]
        case .all: return messages.filter { !isSettled($0) }
        }
    }

    /// If it is one that waits here, it is confirmed by being there. The feed has yet to come to it, or has passed it.
    mutating func settleOwn(_ stored: StoredMessage) {
        guard stored.message.sender == user, let id = stored.clientMessageID, outbox[id] != nil else { return }
        settled(id, as: stored, isNew: false)
    }

    /// A window that is gone may have left it on the disk, to be sent.
    mutating func forgetUnsent(of message: Message, id: ClientMessageID?) {
        guard message.sender == user, let id, outbox[id] == nil else { return }
        saves.append(.removeUnsent(id: id))
    }

    /// The server has it: leaves the outbox and enters the history in one transaction.
    ///
    /// `isNew`: it came as the feed's next message, or there is no feed.
    mutating func settled(_ id: ClientMessageID, as stored: StoredMessage, isNew: Bool) {
        outbox[id] = nil
        resendsOnRequest.remove(id)
        settledIDs.insert(stored.message.id)
        awaitAnswer()
        saves.append(.removeUnsent(id: id))
        if isNew {
            keep(stored, then: .outgoing(id: id, .stored(stored.message)))
        } else {
            saves.append(.message(stored))
            if stored.message.receiver == peer {
                saves.append(nil, then: .update(.outgoing(id: id, .found(stored.message))))
            }
        }
    }

    mutating func hold(_ entry: Outbox.Entry, _ status: OutgoingStatus) -> [Effect] {
        resendsOnRequest.remove(entry.id)
        let isShown = entry.message.receiver == peer
        // Of another conversation no history was looked at. What may have arrived stays in flight on disk, for the window
        // that opens it to look there.
        if isShown || status != .unconfirmed { saves.append(.setState(.held, ofUnsent: entry.id)) }
        if isShown {
            outbox[entry.id]?.state = .held
            outbox[entry.id]?.heldAs = status
        } else {
            outbox[entry.id] = nil
            saves.append(.disown(id: entry.id))
        }
        awaitAnswer()
        return show(entry, status)
    }

    private func show(_ entry: Outbox.Entry, _ status: OutgoingStatus) -> [Effect] {
        entry.message.receiver == peer ? [.update(.outgoing(id: entry.id, status))] : []
    }

    /// The deadlines are those of the message that has waited longest, however many are given meanwhile.
    private mutating func awaitAnswer() {
        let next = outbox.longestUnanswered
        guard next?.id != link.awaitedAnswer else { return }
        link.awaitedAnswer = next?.id
        link.deadlines[.answer] = next?.givenAt.map { $0 + Self.answerTime }
        link.deadlines[.answerAfterPing] = nil
    }
}
