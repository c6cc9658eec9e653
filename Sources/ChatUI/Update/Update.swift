import ChatWire

/// Takes in one event: changes the model, and tells what is to be done in the world.
public func update(_ model: inout Model, _ event: Event, in environment: Environment) -> [Effect] {
    let effects = model.take(event, in: environment) + model.noteShown()
    model.forgetFarMessages()
    return effects.filter(model.preferences.allows)
}

extension Model {
    fileprivate mutating func take(_ event: Event, in environment: Environment) -> [Effect] {
        if event.isAboutConversation, peer == nil || awaitedOpenings > 0 { return [] }
        switch event {
        case .input(let input):
            let effects = take(input, in: environment)
            settleInbox(in: environment)
            return reportDraft() + effects
        case .resized(let size): resize(to: size, in: environment)
        case .tick: timePassed(now: environment.now)
        case .connection(let state): connectionChanged(to: state)
        case .caughtUp: return caughtUp(in: environment)
        case .pastUnknown: return pastUnknown(in: environment)
        case .history(let page, let hasOlder): merge(page, hasOlder: hasOlder)
        case .oldest(let page): mergeOldest(page)
        case .newer(let page, let id, let hasNewer): takeNewer(page, after: id, hasNewer: hasNewer)
        case .around(let id, let page, let hasOlder, let hasNewer):
            takeAround(id, page, hasOlder: hasOlder, hasNewer: hasNewer, in: environment)
        case .historyUnavailable(let problem): historyFailed(problem)
        case .received(let message): return receive(message, now: environment.now)
        case .pending(let id, let text, let createdAt, let state):
            let draft = Submission.draft(of: text.wire)
            let message = Unsaved(id: id, text: text, draft: draft, createdAt: createdAt)
            return settle(message, as: state, now: environment.now)
        case .outgoing(let id, let state): return settle(id, as: state, now: environment.now)
        case .delivered(let id): transcript.move(\.delivered, to: id)
        case .read(let id): peerRead(upTo: id)
        case .ownRead(let id): ownRead(upTo: id)
        case .typing: if isOnline { typingUntil = environment.now.advanced(by: Presence.typingSpan) }
        case .presence(let isOnline, let lastSeen): presenceChanged(isOnline: isOnline, lastSeen: lastSeen)
        case .blocked(let isBlocked): blocked(isBlocked)
        case .blockingFailed(let problem): blockingFailed(problem)
        case .draft(let text): restoreDraft(text)
        case .edited(let text): return takeEdited(text)
        case .searchResults(let query, let ids): return found(ids, of: query, in: environment)
        case .peerNamed(let name): if !isPeerNameGiven { peerName = name }
        case .productNamed(let title): if !isProductGiven { product = title }
        case .opened: awaitedOpenings = max(0, awaitedOpenings - 1)
        case .conversations(let entries): return conversationsChanged(entries, now: environment.now)
        case .drafts(let drafts): restoreDrafts(drafts, now: environment.now)
        case .unsentElsewhere(let states): restoreUnsent(states, now: environment.now)
        case .conversationsComplete: conversationsComplete()
        case .conversationsUnavailable(let problem): inbox?.problem = problem
        case .notice(let text): notice = .text(text)
        }
        return []
    }
}

// MARK: - The connection, the window, the clock

extension Model {
    private mutating func connectionChanged(to state: ConnectionState) {
        connection = state
        if case .online(let limits) = state {
            self.limits = limits
            if notice == .offline || notice == .blockingFailed(.offline) { notice = nil }
        } else {
            loadingBefore = nil
            loadingAfter = nil
            presence = nil
            typingUntil = nil
            isCaughtUp = false
            transcript.openGapAtEnd()
        }
    }

    private mutating func caughtUp(in environment: Environment) -> [Effect] {
        // The word of a connection that is lost already.
        guard isOnline else { return [] }
        isHistoryKnown = true
        historyProblem = nil
        return goOn(in: environment)
    }

    private mutating func pastUnknown(in environment: Environment) -> [Effect] {
        guard isOnline else { return [] }
        transcript.leaveOpenGap()
        return goOn(in: environment)
    }

    private mutating func goOn(in environment: Environment) -> [Effect] {
        isCaughtUp = true
        placeNewLineWhereNothingWasRead()
        isStarting = false
        transcript.closeOpenGap()
        return loadVisibleHole(in: environment)
    }

    private mutating func resize(to size: Size, in environment: Environment) {
        self.size = size.atLeastOneCell
        if !isWindowTooSmall { followIfAtBottom(in: environment) }
    }

    private mutating func timePassed(now: Timestamp) {
        if let expiry = notice?.expiry, expiry <= now { notice = nil }
        if let typingUntil, typingUntil <= now { self.typingUntil = nil }
    }

    private mutating func presenceChanged(isOnline: Bool, lastSeen: Timestamp?) {
        guard self.isOnline else { return }
        presence = Presence(isOnline: isOnline, lastSeen: lastSeen)
        if !isOnline { typingUntil = nil }
    }
}
