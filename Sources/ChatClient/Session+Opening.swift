import ChatWire

// Opening a conversation, and loading it from this machine's disk.

extension Session {
    /// Opens another conversation. The state of the previous one ends; the user's state stays.
    mutating func open(_ newPeer: UserID?, _ now: Moment) -> [Effect] {
        guard newPeer != user else { return [] }
        saveDrafts()
        saves.forgetUpdates()
        conversation = ConversationState(
            peer: newPeer, opening: conversation.opening + 1,
            knowledge: confirmations.knowledge(of: newPeer))
        link.conversation = LinkState.OpenConversation()
        let opened = Effect.update(.opened(newPeer))
        guard let newPeer else {
            beginInbox()
            return [opened] + continueAfterOpening(now)
        }
        drafts.beginLoading(newPeer)
        // Everything queued is stored first, since it may belong to this conversation.
        saves.append(nil, then: .load(newPeer, opening: conversation.opening))
        guard let presence = link.presences[newPeer] else { return [opened] }
        return [opened, .update(.presence(isOnline: presence.isOnline, lastSeen: presence.lastSeen))]
    }

    /// Creates the list of conversations. A program that began with one conversation has none before.
    mutating func beginInbox() {
        guard inbox == nil else { return }
        inbox = Inbox(user: user, serverKnowsRead: tellsRead)
        saves.append(nil, then: .loadInbox)
    }

    /// Loads what the screen shows from the disk.
    var load: [Effect] { [peer.map { .load($0, opening: conversation.opening) } ?? .loadInbox] }

    /// Loads again if the disk could not be read, or did not return everything. This is tried after each stored
    /// transaction, and for each connection.
    mutating func loadIfUnknown() -> [Effect] {
        guard disk.isPositionUnknown || isAdoptionPending else { return [] }
        if let peer { drafts.beginLoading(peer) }
        return load
    }

    /// Whether the disk was full when the open conversation was loaded.
    var isAdoptionPending: Bool { peer.map(disk.pendingAdoptions.contains) ?? false }

    /// The conversation was loaded, at the program's start or later. If loading failed, the session continues without
    /// the stored data.
    mutating func loaded(
        _ result: Result<StoredState, StoreFailure>, of loaded: UserID, opening: Int, _ now: Moment
    ) -> [Effect] {
        drafts.loaded(
            (try? result.get())?.draft, of: loaded, saving: saves.draft(to: loaded), at: now.instant)
        if isLeaving { saveDrafts() }
        if phase == .loading {
            let position = result.map(\.position)
            let isOpen = opening == conversation.opening
            let shown = isOpen ? restore(result, now) : takeOver(result, now)
            if isOpen { conversation.isLoaded = true }
            return startFeed(position) + shown + reconnect(.start, now)
        }
        guard opening == conversation.opening else { return takeOver(result, now) }
        let isFirst = !conversation.isLoaded
        conversation.isLoaded = true
        if disk.isPositionUnknown, case .success(let state) = result { return loadedLate(state, isFirst: isFirst, now) }
        guard isFirst else { return adoptMore(result, now) }
        var failed: [Effect] = []
        if case .failure(let failure) = result { failed = reportStoreFailure(failure) }
        return failed + restore(result, now) + continueAfterOpening(now)
    }

    mutating func inboxLoaded(_ result: Result<StoredInbox, StoreFailure>, _ now: Moment) -> [Effect] {
        let isStart = phase == .loading
        let isFirst = !disk.isInboxLoaded
        let wasFailed = disk.inbox == .again
        if isFirst { disk.inbox = .failed }
        var effects = isStart ? startFeed(result.map(\.position)) : []
        if case .success(let stored) = result, isFirst || disk.isPositionUnknown {
            disk.inbox = .loaded
            inbox?.restore(stored.conversations)
            inbox?.restore(stored.flags)
            for change in inbox?.takeBroughtBack() ?? [] { saves.append(change) }
            effects += reportNotes()
            effects.append(.update(.conversations(inbox?.takeChanges() ?? [])))
            if isFirst { effects += reportLeftovers(stored, now) }
            effects += positionLoaded(stored.position, now)
        }
        if isStart { return effects + reconnect(.start, now) }
        // The server's list was requested when reading failed first.
        guard isFirst, disk.isInboxLoaded || !wasFailed else { return effects }
        return effects + (isProtocol1 ? listUnavailable() : fetchConversations(now))
    }

    /// Reports the drafts and messages that closed windows left in other conversations.
    private func reportLeftovers(_ stored: StoredInbox, _ now: Moment) -> [Effect] {
        let unsent = stored.unsent.filter { $0.receiver != peer && outbox[$0.id] == nil }
        return (stored.drafts.isEmpty ? [] : [.update(.drafts(stored.drafts))])
            + unsent.map { message in
                let isStale = message.state == .waiting && message.isStale(at: now.wall)
                let status: UnsentStatus = message.state == .held ? .unconfirmed : isStale ? .stale : .waiting
                return .update(.unsentElsewhere(message, status))
            }
    }

    private mutating func loadedLate(_ state: StoredState, isFirst: Bool, _ now: Moment) -> [Effect] {
        conversation.isWhole = false
        var effects = noteAdoption(state.isAdoptionPending, now) + restoreHistory(state)
        if isFirst {
            effects += showUnsent(state.unsent, first: true, now) + showDraft(again: true)
        } else {
            effects += adopt(state.unsent, first: true, now) + showDraft()
        }
        if inbox != nil, !disk.isInboxLoaded { effects.append(.loadInbox) }
        effects += positionLoaded(state.position, now)
        return phase == .connecting || !isFirst ? effects : effects + continueAfterOpening(now)
    }

    /// The stored position is known at last. If a connection has a feed already, that feed began at its end. The next
    /// connection resumes from the stored position.
    private mutating func positionLoaded(_ position: FeedPosition?, _ now: Moment) -> [Effect] {
        guard disk.isPositionUnknown else { return [] }
        let hasBegunFeed = phase == .authorizing || link.feed != .unknown
        disk.isPositionUnknown = false
        link.feed = .unknown
        feed.position = position
        return storeRecovered() + (hasBegunFeed ? reconnect(.replaceLink, now) : transmitNext(now))
    }

    /// Handles a loaded conversation that is not open any more. Its unsent messages now belong to this window. Those
    /// that wait are sent from here; the others are left for the window that shows them.
    private mutating func takeOver(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        guard case .success(let state) = result else { return [] }
        let unsent = state.unsent.filter { $0.receiver != peer && outbox[$0.id] == nil && !saves.removesUnsent($0.id) }
        let waiting = unsent.filter { $0.state == .waiting && !$0.isStale(at: now.wall) }
        for message in unsent where !waiting.contains(message) { saves.append(.disown(id: message.id)) }
        return adopt(waiting, now)
    }

    private mutating func startFeed(_ position: Result<FeedPosition?, StoreFailure>) -> [Effect] {
        switch position {
        case .success(let position):
            feed.position = position
            return []
        case .failure(let failure):
            disk.isPositionUnknown = true
            return reportStoreFailure(failure)
        }
    }

    /// Fetches what is missing of the opened conversation.
    private mutating func continueAfterOpening(_ now: Moment) -> [Effect] {
        switch phase {
        case .online(protocolVersion: 1):
            guard peer == nil else { return fetchNewestHistory }
            return link.history.isSettled ? [] : settle(with: nil, 1, now)
        case .online:
            switch link.feed {
            case .unknown, .resuming: return []
            case .reloading: return peer == nil ? settleFeed(with: nil, now) : fetchNewestHistory
            case .live:
                if conversation.isWhole { saves.append(nil, then: .caughtUp(link: linkNumber, isWhole: true)) }
                return fetchHistoryIfMissing() + sendReadMark() + askAboutBlock()
            }
        case .idle, .loading, .waiting, .connecting, .authorizing, .stopped: return []
        }
    }
}

// MARK: - Restoring

extension Session {
    private mutating func restore(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        switch result {
        case .success(let state): return restore(state, now)
        case .failure: return showUnsent([], now) + showDraft(again: true)
        }
    }

    /// Handles a conversation that was loaded before.
    private mutating func adoptMore(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        guard case .success(let state) = result else { return [] }
        let first = isAdoptionPending
        let updates = noteAdoption(state.isAdoptionPending, now)
        return adopt(state.unsent, first: first, now) + showDraft() + updates
    }

    /// Tries to load again soon. A disk that has room again may have nothing else to store.
    private mutating func noteAdoption(_ isAdoptionPending: Bool, _ now: Moment) -> [Effect] {
        guard let peer else { return [] }
        guard isAdoptionPending else {
            return disk.pendingAdoptions.remove(peer) == nil ? [] : storeRecovered()
        }
        disk.pendingAdoptions.insert(peer)
        retryStore(now)
        return disk.isFailureTold ? [] : reportStoreFailure(.diskFull)
    }

    private mutating func restore(_ state: StoredState, _ now: Moment) -> [Effect] {
        let updates = noteAdoption(state.isAdoptionPending, now)
        return restoreHistory(state) + showUnsent(state.unsent, now) + showDraft(again: true) + updates
    }

    private mutating func restoreHistory(_ state: StoredState) -> [Effect] {
        let isWhole = state.reachesFeed && !state.newest.followsGap && !state.newest.messages.isEmpty
        // Changes that a failing disk refused are not in its state.
        if isWhole, !disk.isFailing { conversation.isWhole = true }
        for stored in state.newest.messages { confirmations.settle(stored.message.id) }
        if conversation.knowledge == .none {
            // An empty conversation was complete when the server was asked, so all messages it has now are new.
            conversation.knowledge = !state.newest.messages.isEmpty ? .newest : state.reachesFeed ? .all : .none
        }
        var effects: [Effect] = []
        if state.peerName != nil { conversation.isPeerNameSettled = true }
        if state.peerName != nil || state.product != nil {
            effects.append(.update(.profile(name: state.peerName, product: state.product)))
        }
        if !state.products.isEmpty { effects.append(.update(.products(state.products))) }
        effects += state.marks.map { .update(.marked($0)) }
        if !state.newest.messages.isEmpty {
            effects.append(
                .update(
                    .history(
                        state.newest.messages.map(\.message), hasOlder: state.newest.hasOlder || state.newest.followsGap
                    )))
        }
        if conversation.seen == nil { conversation.seen = state.marks.last { $0.user == user }?.read }
        return effects
    }

    /// Shows the messages that wait here already, then those of closed windows.
    private mutating func showUnsent(_ stored: [UnsentMessage], first: Bool = false, _ now: Moment) -> [Effect] {
        let shown = outbox.entries.filter { $0.message.receiver == peer && $0.state != .unsaved }
        let new = stored.filter(isNew)
        return shown.map { .update(.unsent($0.message, $0.status)) } + deliver(.adopted(new, first: first), now)
            + settleAdopted(new, now) + transmitNext(now)
    }

    /// Shows what belongs to the draft and was not shown yet.
    private mutating func showDraft(again: Bool = false) -> [Effect] {
        guard let peer, let draft = drafts.takeShown(of: peer, saving: saves.draft(to: peer), again: again) else {
            return []
        }
        return [.update(.draft(draft))]
    }
}

extension Outbox.Entry {
    fileprivate var status: UnsentStatus { state == .held ? heldReason ?? .unconfirmed : .waiting }
}
