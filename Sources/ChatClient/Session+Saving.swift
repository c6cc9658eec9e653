import ChatWire

// Storing on this machine's disk, and what follows.

extension Session {
    /// How soon a disk that refused is tried again if nothing new has to be stored.
    private static let storeRetryDelay: Duration = .seconds(5)
    private static let adoptionInterval: Duration = .seconds(60)

    /// Begins the next transaction, if one is due.
    mutating func save(_ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        while disk.retryDue == nil || saves.hasNew, let changes = saves.begin() {
            disk.retryDue = nil
            if !changes.isEmpty { return effects + [.store(changes)] }
            effects += followUps(saves.succeeded(), now)
        }
        return effects
    }

    mutating func stored(_ now: Moment) -> [Effect] {
        disk.isFailing = false
        for (peer, draft) in saves.draftsUnderWay { drafts.saved(draft, to: peer) }
        return followUps(saves.succeeded(), now) + loadIfUnknown() + storeRecovered()
    }

    mutating func reportStoreFailure(_ failure: StoreFailure) -> [Effect] {
        disk.isFailureTold = true
        return [.update(.storeFailed(failure)), .log(.storeFailed(failure))]
    }

    /// Reports that the disk works again: it stores changes, and can be read.
    mutating func storeRecovered() -> [Effect] {
        guard disk.isFailureTold, !disk.isFailing, !disk.isPositionUnknown, !isAdoptionPending else { return [] }
        disk.isFailureTold = false
        return [.update(.storeRecovered)]
    }

    private mutating func followUps(_ followUps: [SaveQueue.FollowUp], _ now: Moment) -> [Effect] {
        var effects = followUps.flatMap { follow($0, after: nil, now) } + reportList(now)
        // Acknowledgements are cumulative.
        let acknowledged = followUps.last { if case .acknowledge = $0 { true } else { false } }
        if case .acknowledge(let cursor, linkNumber)? = acknowledged {
            effects.append(.transmit(.ack(cursor: cursor)))
        }
        return effects
    }

    /// - Parameter failure: Why the change was not stored; nil if it was.
    private mutating func follow(
        _ followUp: SaveQueue.FollowUp, after failure: StoreFailure?, _ now: Moment
    ) -> [Effect] {
        switch followUp {
        case .update(let update): return [.update(update)]
        case .list(let change):
            inbox?.apply(change)
            return []
        case .load(let peer, let opening): return [.load(peer, opening: opening)]
        case .loadInbox: return [.loadInbox]
        case .caughtUp(let link, let isWhole): return caughtUp(link, isWhole)
        case .saved(let id): return failure.map { notSaved(id, $0, now) } ?? saved(id, now)
        case .transmit(let id, let link): return failure == nil && link == linkNumber ? transmit(id) : []
        case .fetched: return missingStored(now)
        case .acknowledge: return []  // one for all of a transaction
        }
    }

    /// The disk refused a transaction. Messages of others are shown all the same; what was written here goes back to
    /// its author.
    mutating func storeFailed(_ failure: StoreFailure, _ now: Moment) -> [Effect] {
        // What the user wrote may fit without the history that was fetched with it.
        if saves.dropFetched() {
            missingRefused(now)
            return [.log(.storeFailed(failure))]
        }
        var effects = disk.isFailing ? [] : reportStoreFailure(failure)
        disk.isFailing = true
        retryStore(now)
        for entry in saves.failed() {
            if case .draft(let draft, let peer) = entry.change, saves.draft(to: peer) == nil {
                drafts.putBack(draft, to: peer)
            }
            for followUp in entry.followUps { effects += follow(followUp, after: failure, now) }
        }
        drafts.retry(after: Self.storeRetryDelay, from: now.instant)
        return effects + reportList(now)
    }

    mutating func retryStore(_ now: Moment) {
        disk.retryDue = now.instant + Self.storeRetryDelay
    }

    private func caughtUp(_ link: Int, _ isWhole: Bool) -> [Effect] {
        guard link == linkNumber, peer != nil else { return [] }
        return [.update(isWhole ? .caughtUp : .pastUnknown)]
    }

    private mutating func notSaved(_ id: ClientMessageID, _ failure: StoreFailure, _ now: Moment) -> [Effect] {
        guard let message = outbox[id]?.message, outbox[id]?.state == .unsaved else { return [] }
        _ = deliver(.notSaved(id), now)
        guard isLeaving || message.receiver != peer else {
            return [.update(.outgoing(id: id, .unsent(.notSaved(failure))))]
        }
        // The conversation is not on the screen any more. The text becomes its draft, to be sent again.
        drafts.putBack(
            message: Draft(message.text, product: message.product), to: message.receiver,
            before: saves.draft(to: message.receiver))
        return []
    }

    mutating func saveDrafts() {
        for (peer, draft) in drafts.take() { saves.append(.draft(draft, peer: peer)) }
    }
}

// MARK: - Adoption

extension Session {
    /// Asks for unsent messages of closed windows, and repeats that while connected: a window without a connection may
    /// close at any time.
    ///
    /// In protocol 1 only those of this conversation are adopted, because only its history tells whether they arrived.
    mutating func adoptUnsent(_ now: Moment) -> [Effect] {
        link.deadlines[.adopt] = now.instant + Self.adoptionInterval
        let maxAge = isProtocol1 ? Duration.zero : UnsentMessage.maxAge
        return [.adoptUnsent(peer: peer, since: now.wall.advanced(by: .zero - maxAge))]
    }

    mutating func adopted(_ messages: [UnsentMessage], _ now: Moment) -> [Effect] {
        let first = !disk.pendingAdoptions.isEmpty
        disk.pendingAdoptions.subtract(messages.map(\.receiver).filter { $0 != peer })
        return adopt(messages, first: first, now)
    }

    mutating func adopt(_ messages: [UnsentMessage], first: Bool = false, _ now: Moment) -> [Effect] {
        let messages = messages.filter(isNew)
        return deliver(.adopted(messages, first: first), now) + settleAdopted(messages, now) + transmitNext(now)
    }

    /// Whether the message is not in the outbox, and is not about to be removed because the feed brought it.
    func isNew(_ message: UnsentMessage) -> Bool {
        outbox[message.id] == nil && !saves.removesUnsent(message.id)
    }

    /// Settles adopted messages that a closed window sent in protocol 1. They may have arrived, and no answer will
    /// tell. The history tells, if this connection is of protocol 1.
    mutating func settleAdopted(_ messages: [UnsentMessage], _ now: Moment) -> [Effect] {
        guard case .online(let version) = phase else { return [] }
        let lost = messages.map(\.id).filter { outbox[$0]?.state == .inFlight && !link.answers.contains($0) }
        if version >= 2 { return deliver(.unconfirmed(lost), now) }
        if lost.isEmpty { return [] }
        link.history.isSettled = false
        return fetchNewestHistory
    }
}
