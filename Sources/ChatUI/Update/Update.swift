import ChatWire

/// Takes in one event: changes the model, and tells what is to be done in the world.
public func update(_ model: inout Model, _ event: Event, in environment: Environment) -> [Effect] {
    let (notice, firstNew) = (model.notice, model.firstNew)
    model.isUserActing = event.isUsersDoing
    defer { model.isUserActing = false }
    // What the user acted upon was before their eyes, also where the key takes it away.
    let shown = model.isUserActing ? model.noteShown() : []
    let effects = shown + model.take(event, in: environment) + model.noteShown()
    model.timeNotice(since: notice, now: environment.instant)
    model.timeLoading(now: environment.instant)
    if event.mayShowNewLine || model.firstNew != firstNew { model.noteNewLine(before: firstNew, in: environment) }
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
        case .tick: timePassed(now: environment.instant)
        case .connection(let state): connectionChanged(to: state)
        case .caughtUp: return caughtUp(in: environment)
        case .pastUnknown: return pastUnknown(in: environment)
        case .history(let page, let hasOlder): return merge(page, hasOlder: hasOlder, in: environment)
        case .oldest(let page): return mergeOldest(page, in: environment)
        case .beginning(let page, let hasOlder, let hasNewer):
            return takeBeginning(page, hasOlder: hasOlder, hasNewer: hasNewer, in: environment)
        case .newer(let page, let id, let hasNewer): takeNewer(page, after: id, hasNewer: hasNewer)
        case .around(let id, let page, let hasOlder, let hasNewer):
            takeAround(id, page, hasOlder: hasOlder, hasNewer: hasNewer, in: environment)
        case .historyUnavailable(let problem): historyFailed(problem)
        case .received(let message): return receive(message, now: environment.instant)
        case .pending(let id, let text, let createdAt, let state):
            let draft = Submission.draft(of: text.wire)
            let message = Unsaved(id: id, text: text, draft: draft, createdAt: createdAt)
            return settle(message, as: state, now: environment.instant)
        case .outgoing(let id, let state): return settle(id, as: state, now: environment.instant)
        case .delivered(let id): transcript.move(\.delivered, to: id)
        case .read(let id): peerRead(upTo: id)
        case .ownRead(let id): ownRead(upTo: id)
        case .typing: if isOnline { typingUntil = environment.instant + Presence.typingSpan }
        case .presence(let isOnline, let lastSeen): presenceChanged(isOnline: isOnline, lastSeen: lastSeen)
        case .blocked(let isBlocked): blocked(isBlocked)
        case .blockingFailed(let problem): blockingFailed(problem)
        case .draft(let text): restoreDraft(text)
        case .edited(let text): return takeEdited(text)
        case .searchResults(let query, let ids, let isWhole):
            return found(ids, of: query, isWhole: isWhole, in: environment)
        case .peerNamed(let name): if !isPeerNameGiven { peerName = name }
        case .productNamed(let title): if !isProductGiven { product = title }
        case .opened: awaitedOpenings = max(0, awaitedOpenings - 1)
        case .conversations(let entries): return conversationsChanged(entries, now: environment.instant)
        case .drafts(let drafts): restoreDrafts(drafts, now: environment.now)
        case .unsentElsewhere(let peer, let id, let text, let createdAt, let state):
            let status = state.status ?? .waiting
            let message = Transcript.Pending(id: id, text: text, createdAt: createdAt, status: status)
            restoreUnsent(message, to: peer, now: environment.now)
        case .conversationsComplete: conversationsComplete()
        case .conversationsUnavailable(let problem): inbox?.problem = problem
        case .notKept(let reason, let isForGood):
            if notKept?.isForGood != true { notKept = NotKept(reason: reason, isForGood: isForGood) }
            notice = .text(reason)
        case .keptAgain: keptAgain()
        case .notice(let text): notice = .text(text)
        case .leavingLoses(let text): notice = .leavingLoses(text)
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
            if [.offline, .offlineNotKept, .blockingFailed(.offline), .olderIsOnServer].contains(notice) {
                notice = nil
            }
        } else {
            loadingBefore = nil
            loadingAfter = nil
            jumpToTop = nil
            presence = nil
            typingUntil = nil
            isCaughtUp = false
            transcript.openGapAtEnd()
            // Why there is no connection tells more, and the next one asks for the history anew.
            forgetHistoryNotice()
            if case .stopped = state, case .historyUnavailable = notice { notice = nil }
        }
    }

    private mutating func caughtUp(in environment: Environment) -> [Effect] {
        // The word of a connection that is lost already.
        guard isOnline else { return [] }
        isHistoryKnown = true
        historyProblem = nil
        forgetHistoryNotice()
        return goOn(in: environment)
    }

    /// What failed this time only is no news any more.
    private mutating func forgetHistoryNotice() {
        if case .historyUnavailable(let problem) = notice, problem.mayPass { notice = nil }
    }

    private mutating func pastUnknown(in environment: Environment) -> [Effect] {
        guard isOnline else { return [] }
        transcript.leaveOpenGap()
        return goOn(in: environment)
    }

    private mutating func goOn(in environment: Environment) -> [Effect] {
        isCaughtUp = true
        placeNewLineWhereNothingWasRead()
        if isStarting { awaitNewLine() }
        isStarting = false
        transcript.closeOpenGap()
        return loadVisibleHole(in: environment)
    }

    private mutating func keptAgain() {
        guard let notKept, !notKept.isForGood else { return }
        if notice == .text(notKept.reason) { notice = nil }
        self.notKept = nil
    }

    private mutating func resize(to size: Size, in environment: Environment) {
        self.size = size.atLeastOneCell
        if !isWindowTooSmall { followIfAtBottom(in: environment) }
    }

    private mutating func timePassed(now: ContinuousClock.Instant) {
        if let noticeUntil, noticeUntil <= now { notice = nil }
        if let typingUntil, typingUntil <= now { self.typingUntil = nil }
    }

    /// `earlier` is the notice before this event.
    fileprivate mutating func timeNotice(since earlier: Notice?, now: ContinuousClock.Instant) {
        if notice == nil || notice != earlier { noticeUntil = nil }
        if noticeUntil == nil { noticeUntil = notice?.expiry(from: now) }
    }

    private mutating func presenceChanged(isOnline: Bool, lastSeen: Timestamp?) {
        guard self.isOnline else { return }
        presence = Presence(isOnline: isOnline, lastSeen: lastSeen)
        if !isOnline { typingUntil = nil }
    }
}
