import ChatWire

// Which conversation is open, and what this machine has of it.

extension Session {
    /// What is about the conversation before ends; what is about the user goes on.
    mutating func open(_ newPeer: UserID?, _ newProduct: Product?, _ now: Moment) -> [Effect] {
        guard newPeer != user else { return [] }
        saveDrafts()
        saves.forgetUpdates()
        conversation = ConversationState(
            peer: newPeer, product: newProduct, opening: conversation.opening + 1,
            knowledge: confirmations.knowledge(of: newPeer))
        link.conversation = LinkState.OpenConversation()
        let opened = Effect.update(.opened(newPeer))
        guard let newPeer else {
            beginInbox()
            return [opened] + goOnAfterOpening(now)
        }
        // Behind all that is to be stored before: it may be of this conversation.
        saves.append(nil, then: .load(newPeer, opening: conversation.opening))
        guard let presence = link.presences[newPeer] else { return [opened] }
        return [opened, .update(.presence(isOnline: presence.isOnline, lastSeen: presence.lastSeen))]
    }

    /// Who began with one conversation may ask for the others later.
    private mutating func beginInbox() {
        guard inbox == nil else { return }
        inbox = Inbox(user: user, serverKnowsRead: tellsRead)
        saves.append(nil, then: .loadInbox)
    }

    /// What is on the screen, from the disk.
    var load: [Effect] { [peer.map { .load($0, opening: conversation.opening) } ?? .loadInbox] }

    /// A disk that could not be read when the window opened, or did not give all, is asked again whenever it stored something,
    /// and for each connection.
    func loadIfUnknown() -> [Effect] { disk.isFeedUnknown || isLeftBehind ? load : [] }

    /// The disk took nothing when the open conversation was read.
    var isLeftBehind: Bool { peer.map(disk.leftBehind.contains) ?? false }

    /// The program's start, or another conversation. Without a disk it goes on all the same.
    mutating func loaded(_ result: Result<StoredState, StoreFailure>, opening: Int, _ now: Moment) -> [Effect] {
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
        if disk.isFeedUnknown, case .success(let state) = result { return loadedLate(state, isFirst: isFirst, now) }
        guard isFirst else { return adoptMore(result, now) }
        var failed: [Effect] = []
        if case .failure(let failure) = result { failed = tellStoreFailure(failure) }
        return failed + restore(result, now) + goOnAfterOpening(now)
    }

    mutating func inboxLoaded(_ result: Result<StoredInbox, StoreFailure>, _ now: Moment) -> [Effect] {
        let isStart = phase == .loading
        let isFirst = !disk.isInboxLoaded
        var effects = isStart ? startFeed(result.map(\.position)) : []
        if case .success(let stored) = result, isFirst || disk.isFeedUnknown {
            disk.isInboxLoaded = true
            inbox?.restore(stored.conversations)
            effects.append(.update(.conversations(inbox?.takeChanges() ?? [])))
            if isFirst { effects += tellLeft(stored, now) }
            effects += knowDisk(stored.position, now)
        }
        if isStart { return effects + reconnect(.start, now) }
        guard isFirst else { return effects }
        return effects + (isProtocol1 ? listUnavailable() : fetchConversations(now))
    }

    /// What windows that are gone left in conversations.
    private func tellLeft(_ stored: StoredInbox, _ now: Moment) -> [Effect] {
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
        var effects = noteLeftBehind(state.leavesBehind, now) + restoreHistory(state)
        if isFirst {
            effects += showUnsent(state.unsent, first: true, now) + showDraft(state.draft)
        } else {
            effects += adopt(state.unsent, first: true, now)
            if let peer, drafts.unsaved[peer] == nil, saves.draft(to: peer) == nil { effects += showDraft(state.draft) }
        }
        if inbox != nil, !disk.isInboxLoaded { effects.append(.loadInbox) }
        effects += knowDisk(state.position, now)
        return phase == .connecting || !isFirst ? effects : effects + goOnAfterOpening(now)
    }

    /// From now on this is a window like any other. A connection that has a feed began it at its end: the next one goes on
    /// from where the disk has it.
    private mutating func knowDisk(_ position: FeedPosition?, _ now: Moment) -> [Effect] {
        guard disk.isFeedUnknown else { return [] }
        let hasBegunFeed = phase == .authorizing || link.feed != .unknown
        disk.isFeedUnknown = false
        link.feed = .unknown
        feed.position = position
        return storeRecovered() + (hasBegunFeed ? reconnect(.replaceLink, now) : transmitNext(now))
    }

    /// What was read of a conversation that is not open any more. Its unsent messages became this window's by that: those
    /// that wait go from here, the others wait for the window that shows them.
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
            disk.isFeedUnknown = true
            return tellStoreFailure(failure)
        }
    }

    /// As after the feed was resumed: what is missing is fetched.
    private mutating func goOnAfterOpening(_ now: Moment) -> [Effect] {
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
                return fetchHistoryIfMissing() + repeatSeen() + askAboutBlock()
            }
        case .idle, .loading, .waiting, .connecting, .authorizing, .stopped: return []
        }
    }
}

// MARK: - What the disk has

extension Session {
    private mutating func restore(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        switch result {
        case .success(let state): return restore(state, now)
        case .failure: return showUnsent([], now) + showDraft(nil)
        }
    }

    /// Of a conversation that was read before.
    private mutating func adoptMore(_ result: Result<StoredState, StoreFailure>, _ now: Moment) -> [Effect] {
        guard case .success(let state) = result else { return [] }
        let first = isLeftBehind
        let told = noteLeftBehind(state.leavesBehind, now)
        return adopt(state.unsent, first: first, now) + told
    }

    /// It is asked for again soon: a disk that has room may have nothing else to do.
    private mutating func noteLeftBehind(_ leavesBehind: Bool, _ now: Moment) -> [Effect] {
        guard let peer else { return [] }
        guard leavesBehind else {
            return disk.leftBehind.remove(peer) == nil ? [] : storeRecovered()
        }
        disk.leftBehind.insert(peer)
        retryStore(now)
        return disk.isFailureTold ? [] : tellStoreFailure(.diskFull)
    }

    private mutating func restore(_ state: StoredState, _ now: Moment) -> [Effect] {
        let told = noteLeftBehind(state.leavesBehind, now)
        return restoreHistory(state) + showUnsent(state.unsent, now) + showDraft(state.draft) + told
    }

    private mutating func restoreHistory(_ state: StoredState) -> [Effect] {
        let isWhole = state.reachesFeed && !state.newest.followsGap && !state.newest.messages.isEmpty
        // What waits for a disk that refuses is not in what it has.
        if isWhole, !disk.isFailing { conversation.isWhole = true }
        for stored in state.newest.messages { confirmations.settle(stored.message.id) }
        if conversation.knowledge == .none {
            // An empty conversation was whole when the server was asked: what it has now is new.
            conversation.knowledge = !state.newest.messages.isEmpty ? .newest : state.reachesFeed ? .all : .none
        }
        var effects: [Effect] = []
        if state.peerName != nil { conversation.isPeerNameSettled = true }
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
        if conversation.seen == nil { conversation.seen = state.marks.last { $0.user == user }?.read }
        return effects
    }

    /// What waits here already, and what gone windows left of it.
    private mutating func showUnsent(_ stored: [UnsentMessage], first: Bool = false, _ now: Moment) -> [Effect] {
        let shown = outbox.entries.filter { $0.message.receiver == peer && $0.state != .unsaved }
        let new = stored.filter(isNew)
        return shown.map { .update(.unsent($0.message, $0.status)) } + deliver(.adopted(new, first: first), now)
            + settleAdopted(new, now) + transmitNext(now)
    }

    /// What could not be stored is newer than what is.
    private func showDraft(_ stored: String?) -> [Effect] {
        guard let draft = peer.flatMap({ drafts.unsaved[$0] }) ?? stored, !draft.isEmpty else { return [] }
        return [.update(.draft(draft))]
    }
}

extension Outbox.Entry {
    fileprivate var status: UnsentStatus { state == .held ? heldAs ?? .unconfirmed : .waiting }
}
