import ChatWire

// Sending the messages written here: performs what the `Delivery` decides.

extension Session {
    mutating func deliver(_ event: Delivery.Event, _ now: Moment) -> [Effect] {
        delivery.handle(event, peer: peer, now: now).flatMap { follow($0, now) }
    }

    private mutating func follow(_ effect: Delivery.Effect, _ now: Moment) -> [Effect] {
        switch effect {
        case .store(let change): saves.append(change)
        case .transmit(let id):
            link.answers.sent(id, at: now.instant)
            return transmit(id)
        case .transmitOnceStored(let id):
            link.answers.sent(id, at: now.instant)
            saves.append(.setState(.inFlight, ofUnsent: id), then: .transmit(id: id, link: linkNumber))
        case .answered(let id): link.answers.answered(id)
        case .pause(let delay): link.deadlines[.resend] = now.instant + delay
        case .show(let id, let status): return [.update(.outgoing(id: id, .unsent(status)))]
        case .showUnsent(let message, let status): return [.update(.unsent(message, status))]
        case .postponed(let id, let code, let delay): return [.update(.postponed(id: id, code, by: delay))]
        }
        return []
    }

    /// Stores the message and removes the draft in one transaction.
    mutating func send(id: ClientMessageID, text: String, about product: Product?, _ now: Moment) -> [Effect] {
        guard let peer, outbox[id] == nil else { return [] }
        let message = UnsentMessage(id: id, receiver: peer, text: text, product: product, createdAt: now.wall)
        // What closed windows left may have become this window's draft without being known here yet.
        if !drafts.isHeld(peer) || saves.draft(to: peer) != nil { saves.append(.draft("", peer: peer)) }
        drafts.sent(to: peer, at: now.instant)
        saves.append(.enqueue(message), then: .saved(id: id))
        return deliver(.written(message), now)
    }

    mutating func saved(_ id: ClientMessageID, _ now: Moment) -> [Effect] {
        guard outbox[id]?.state == .unsaved else { return [] }
        return deliver(.saved(id), now) + transmitNext(now)
    }
}

// MARK: - Sending

extension Session {
    /// Sends the messages that may be sent now.
    mutating func transmitNext(_ now: Moment) -> [Effect] {
        // Messages that the disk has not returned yet are older, so they come first.
        guard maySend else { return [] }
        return deliver(
            .maySend(isProtocol1 ? .onePerConnection : .onePerConversation, except: disk.pendingAdoptions), now)
    }

    private var maySend: Bool {
        guard phase.isOnline, link.deadlines[.resend] == nil, !disk.isPositionUnknown else { return false }
        return isProtocol1 ? link.history.isSettled : link.feed == .live || link.feed.isReloading
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
    /// The message that has waited longest for an answer on the present connection.
    var longestUnanswered: UnsentMessage? { link.answers.longest.flatMap { outbox[$0]?.message } }

    mutating func confirmed(_ event: ServerEvent.MessageSent, _ now: Moment) -> [Effect] {
        guard !confirmations.isSettled(event.messageID) || event.clientMessageID != nil else { return [] }
        // A confirmation of protocol 1 does not name the client's message. Only one is in flight, so it means that one.
        guard let unsent = event.clientMessageID.map({ outbox[$0]?.message }) ?? longestUnanswered else {
            return confirmedLate(event, now)
        }
        let message = Message(
            id: event.messageID, sender: user, receiver: unsent.receiver, text: UntrustedText(unsent.text),
            createdAt: event.createdAt ?? now.wall)
        let stored = StoredMessage(
            message: message, cursor: event.cursor, clientMessageID: unsent.id, product: unsent.product)
        let arrival = event.cursor.map { self.arrival(of: $0) } ?? .next
        if arrival == .gap { return reconnectAfterGap(now) }
        settled(unsent.id, as: stored, isNew: arrival == .next, now)
        return [.log(.sent(event.messageID))] + transmitNext(now)
    }

    /// Handles a confirmation of a message that is settled already or unknown here. Its cursor counts all the same.
    private mutating func confirmedLate(_ event: ServerEvent.MessageSent, _ now: Moment) -> [Effect] {
        guard let cursor = event.cursor else { return [] }
        switch arrival(of: cursor) {
        case .duplicate: return []
        case .next where confirmations.isSettled(event.messageID):
            advance(to: cursor, messageID: event.messageID)
            return []
        case .next, .gap: return reconnectAfterGap(now)
        }
    }

    mutating func refused(_ failure: ServerEvent.Failure, _ now: Moment) -> [Effect] {
        let log = Effect.log(.refusedByServer(failure.code))
        // Protocol 2 names the message, if the error concerns one. In protocol 1 it can only be the one in flight.
        let meant = failure.clientMessageID ?? (isProtocol1 ? link.answers.longest : nil)
        guard let id = meant, outbox[id] != nil else {
            // Other errors concern another request, such as one about blocking.
            let isAboutBlock = failure.answers?.changesBlock ?? isProbablyAboutBlock(failure)
            return [log] + (isAboutBlock ? blockingFailed(.refused(failure.code)) : [])
        }
        let refusal = Delivery.Refusal(
            code: failure.code, message: failure.message, retryAfter: failure.retryAfterMs,
            namesMessage: failure.clientMessageID != nil)
        return [log] + deliver(.refused(id, refusal), now) + transmitNext(now)
    }

    /// Older servers do not say what an error answers. There, a limit that no time lifts is that of blocks.
    private func isProbablyAboutBlock(_ failure: ServerEvent.Failure) -> Bool {
        failure.code == .rateLimited
            ? failure.retryAfterMs == nil
            : [.storageFailed, .forbidden, .notAuthorized].contains(failure.code)
    }

    /// Protocol 1: looks in the server's history for the messages whose confirmations were lost.
    ///
    /// - Parameter page: Nil if the history is not available or incomplete.
    mutating func settleOutbox(with page: HistoryPage?, _ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for entry in outbox.entries where entry.state == .inFlight && !link.answers.contains(entry.id) {
            if let found = confirmation(of: entry.message, in: page) {
                settled(entry.id, as: StoredMessage(message: found), isNew: true, now)
            } else {
                effects += deliver(.unconfirmed([entry.id]), now)
            }
        }
        return effects + transmitNext(now)
    }

    func confirmation(of message: UnsentMessage, in page: HistoryPage?) -> Message? {
        confirmations.confirmation(of: message, in: page, knowing: conversation.knowledge)
    }

    /// Settles a message of this outbox that is in the server's history. The feed reaches it later, or has passed it.
    mutating func settleOwn(_ stored: StoredMessage, _ now: Moment) {
        guard stored.message.sender == user, let id = stored.clientMessageID, outbox[id] != nil else { return }
        settled(id, as: stored, isNew: false, now)
    }

    /// Removes a message from the disk that a closed window left there unsent, since the server has it.
    mutating func forgetUnsent(of message: Message, id: ClientMessageID?) {
        guard message.sender == user, let id, outbox[id] == nil else { return }
        saves.append(.removeUnsent(id: id))
    }

    /// Moves a message that the server has from the outbox to the history in one transaction.
    ///
    /// - Parameter isNew: Whether it came as the feed's next message, or there is no feed.
    mutating func settled(_ id: ClientMessageID, as stored: StoredMessage, isNew: Bool, _ now: Moment) {
        var stored = stored
        // An older server does not tell the product, or only its id.
        stored.product = Product.completed(outbox[id]?.message.product, with: stored.product)
        // None of these effects is visible.
        _ = deliver(.settled(id), now)
        confirmations.settle(stored.message.id)
        if isNew {
            keep(stored, then: .outgoing(id: id, .stored(stored.message)))
            fetchMissingLater(now)
        } else {
            saves.append(.message(stored))
            if stored.message.receiver == peer {
                saves.append(nil, then: .update(.outgoing(id: id, .found(stored.message))))
            }
        }
    }
}
