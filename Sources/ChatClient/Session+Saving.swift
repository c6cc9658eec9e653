import ChatWire

// What goes to this machine's disk and what comes from there.

extension Session {
    /// How often a disk that refused is tried again while nothing else is to be stored.
    private static let storeRetryDelay: Duration = .seconds(5)
    private static let draftDelay: Duration = .milliseconds(300)
    private static let adoptionInterval: Duration = .seconds(60)

    /// Starts the next transaction, if one is due.
    mutating func save(_ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        while deadlines[.save] == nil || saves.hasNew, let changes = saves.begin() {
            deadlines[.save] = nil
            if !changes.isEmpty { return effects + [.store(changes)] }
            effects += followUps(saves.succeeded(), now)
        }
        return effects
    }

    mutating func stored(_ failure: StoreFailure?, _ now: Moment) -> [Effect] {
        if let failure { return storeFailed(failure, now) }
        isStoreFailing = false
        return followUps(saves.succeeded(), now) + loadIfUnknown()
    }

    private mutating func followUps(_ followUps: [SaveQueue.FollowUp], _ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        var acknowledged: (cursor: Int, link: Int)?
        for followUp in followUps {
            switch followUp {
            case .update(let update): effects.append(.update(update))
            case .caughtUp(let link): effects += caughtUp(link)
            case .saved(let id): effects += saved(id, now)
            case .transmit(let id, let link): if link == self.link { effects += transmit(id) }
            case .acknowledge(let cursor, let link): acknowledged = (cursor, link)
            }
        }
        // Acknowledgements are cumulative.
        if let acknowledged, acknowledged.link == link, acknowledged.cursor > 0 {
            effects.append(.transmit(.ack(cursor: acknowledged.cursor)))
        }
        return effects
    }

    /// What came from others is shown all the same; what was written here goes back to its writer.
    private mutating func storeFailed(_ failure: StoreFailure, _ now: Moment) -> [Effect] {
        var effects: [Effect] = isStoreFailing ? [] : [.update(.storeFailed(failure)), .log(.storeFailed(failure))]
        isStoreFailing = true
        deadlines[.save] = now.instant + Self.storeRetryDelay
        for entry in saves.failed() {
            if case .draft(let text, _) = entry.change, unsavedDraft == nil { unsavedDraft = text }
            for followUp in entry.followUps {
                switch followUp {
                case .update(let update): effects.append(.update(update))
                case .caughtUp(let link): effects += caughtUp(link)
                case .saved(let id): effects += notSaved(id, failure)
                case .transmit, .acknowledge: break
                }
            }
        }
        if unsavedDraft != nil { deadlines[.draft] = now.instant + Self.storeRetryDelay }
        return effects
    }

    private func caughtUp(_ link: Int) -> [Effect] { link == self.link ? [.update(.caughtUp)] : [] }

    private mutating func notSaved(_ id: String, _ failure: StoreFailure) -> [Effect] {
        guard outbox[id]?.state == .unsaved else { return [] }
        outbox[id] = nil
        return [.update(.outgoing(id: id, .notSaved(failure)))]
    }
}

// MARK: - Drafts

extension Session {
    mutating func draftChanged(_ text: String, _ now: Moment) -> [Effect] {
        unsavedDraft = text
        if deadlines[.draft] == nil { deadlines[.draft] = now.instant + Self.draftDelay }
        return []
    }

    mutating func saveDraft() -> [Effect] {
        deadlines[.draft] = nil
        if let text = unsavedDraft { saves.append(.draft(text, peer: peer)) }
        unsavedDraft = nil
        return []
    }
}

// MARK: - The past

extension Session {
    /// Shows what the last window left, then connects. Without a disk it goes on all the same.
    mutating func loaded(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        guard phase == .loading else { return loadedLate(result, now) }
        switch result {
        case .success(let state): return restore(state, now) + connect(now)
        case .failure(let failure):
            feed.isDiskUnknown = true
            return [.log(.storeFailed(failure)), .update(.storeFailed(failure))] + connect(now)
        }
    }

    /// A disk that could not be read when the window opened is asked again whenever it stored something, and for each
    /// connection.
    func loadIfUnknown() -> [Effect] { feed.isDiskUnknown ? [.load] : [] }

    /// From now on this is a window like any other. A connection that has a feed began it at its end: the next one goes on
    /// from where the disk has it.
    private mutating func loadedLate(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        guard feed.isDiskUnknown, case .success(let state) = result else { return [] }
        let hasBegunFeed = phase == .authorizing || feed.state != .unknown
        feed.isDiskUnknown = false
        feed.interrupt()
        return restore(state, now) + (hasBegunFeed ? [.close] + connect(now) : [])
    }

    private mutating func restore(_ state: StoredState, _ now: Moment) -> [Effect] {
        feed.position = state.position
        feed.hasConversation = state.reachesFeed && !state.newest.followsGap && !state.newest.messages.isEmpty
        for stored in state.newest.messages { settledIDs.insert(UntrustedText(stored.message.id)) }
        if settledKnowledge == .none, !state.newest.messages.isEmpty { settledKnowledge = .newest }
        var effects: [Effect] = []
        if state.peerName != nil || state.product != nil {
            effects.append(.update(.profile(name: state.peerName, product: state.product)))
        }
        effects += state.marks.map { .update(.marked($0)) }
        if !state.newest.messages.isEmpty {
            effects.append(
                .update(
                    .history(
                        state.newest.messages.map(\.message), hasOlder: state.newest.hasOlder || state.newest.followsGap
                    )))
        }
        for mark in state.marks where mark.user == user { receipts.seen = receipts.seen ?? mark.read }
        effects += enqueueOld(state.unsent.filter(isNew), now)
        if let draft = state.draft, unsavedDraft == nil, !saves.changesDraft { effects.append(.update(.draft(draft))) }
        return effects
    }

    /// Again and again while connected: a window that had no connection may end and leave messages behind.
    ///
    /// Against protocol 1 only those of this conversation: what becomes of others cannot be looked up in its history.
    mutating func adoptUnsent(_ now: Moment) -> [Effect] {
        deadlines[.adopt] = now.instant + Self.adoptionInterval
        let longestWait = isProtocol1 ? Duration.zero : UnsentMessage.longestWait
        return [.adoptUnsent(since: now.wall.advanced(by: .zero - longestWait))]
    }

    mutating func adopt(_ messages: [UnsentMessage], _ now: Moment) -> [Effect] {
        let messages = messages.filter(isNew)
        return enqueueOld(messages, now) + settleAdopted(messages, now) + transmitNext(now)
    }

    /// Neither here already, nor about to go from the disk because the feed brought it meanwhile.
    private func isNew(_ message: UnsentMessage) -> Bool {
        outbox[message.id] == nil && !saves.removesUnsent(message.id)
    }

    /// What a gone window gave to a connection of protocol 1 may have arrived, and nobody will tell us: the history does,
    /// where this connection is of that kind.
    private mutating func settleAdopted(_ messages: [UnsentMessage], _ now: Moment) -> [Effect] {
        guard case .online(let version) = phase, let entry = outbox.inFlight,
            messages.contains(where: { $0.id == entry.id })
        else { return [] }
        if version >= 2 { return hold(entry, .unconfirmed) }
        history.isSettled = false
        return [fetchNewestHistory]
    }

    private mutating func enqueueOld(_ messages: [UnsentMessage], _ now: Moment) -> [Effect] {
        messages.flatMap { message -> [Effect] in
            let (state, status): (Outbox.State, OutgoingStatus) =
                switch message.state {
                case .waiting where message.isStale(at: now.wall): (.held, .stale)
                case .waiting: (.waiting, .waiting)
                // The first history tells whether it arrived.
                case .inFlight where outbox.inFlight == nil: (.inFlight, .waiting)
                case .inFlight, .held: (.held, .unconfirmed)
                }
            outbox.append(message, state: state)
            return message.receiver == peer ? [.update(.unsent(message, status))] : []
        }
    }
}

extension UnsentMessage {
    /// What is older is not sent without the user's word.
    static let longestWait: Duration = .seconds(24 * 3600)

    func isStale(at now: Timestamp) -> Bool { now - createdAt > Self.longestWait }
}
