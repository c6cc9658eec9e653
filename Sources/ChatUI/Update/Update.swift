import ChatWire

/// Takes in one event: changes the model, and tells what is to be done in the world.
public func update(_ model: inout Model, _ event: Event, in environment: Environment) -> [Effect] {
    let (notice, firstNew) = (model.app.notice, model.conversation?.new.first)
    model.app.isUserActing = event.isUsersDoing
    defer { model.app.isUserActing = false }
    // What the user acted upon was before their eyes, also where the key takes it away.
    let shown = model.app.isUserActing ? model.noteShown() : []
    let effects = shown + model.take(event, in: environment) + model.noteShown()
    model.app.timeNotice(since: notice, now: environment.instant)
    model.timeLoading(now: environment.instant)
    if event.mayShowNewLine || model.conversation?.new.first != firstNew {
        model.conversation?.noteNewLine(before: firstNew, in: model.app, environment)
    }
    model.conversation?.forgetFarMessages()
    return effects.filter(model.preferences.allows)
}

extension Model {
    fileprivate mutating func take(_ event: Event, in environment: Environment) -> [Effect] {
        if event.isAboutConversation, conversation == nil || app.awaitedOpenings > 0 { return [] }
        switch event {
        case .input(let input):
            let effects = take(input, in: environment)
            settleInbox(in: environment)
            return reportDraft() + effects
        case .resized(let size): resize(to: size, in: environment)
        case .tick: timePassed(now: environment.instant)
        case .connection(let state): connectionChanged(to: state)
        case .caughtUp: return conversation?.caughtUp(in: &app, environment) ?? []
        case .pastUnknown: return conversation?.pastStaysUnknown(in: app, environment) ?? []
        case .history(let page, let hasOlder):
            return conversation?.merge(page, hasOlder: hasOlder, in: &app, environment) ?? []
        case .oldest(let page): return conversation?.mergeOldest(page, in: app, environment) ?? []
        case .beginning(let page, let hasOlder, let hasNewer):
            return conversation?.takeBeginning(page, hasOlder: hasOlder, hasNewer: hasNewer, in: app, environment) ?? []
        case .newer(let page, let id, let hasNewer):
            conversation?.takeNewer(page, after: id, hasNewer: hasNewer, in: app)
        case .around(let id, let page, let hasOlder, let hasNewer):
            conversation?.takeAround(id, page, hasOlder: hasOlder, hasNewer: hasNewer, in: app, environment)
        case .historyUnavailable(let problem): conversation?.historyFailed(problem, in: &app)
        case .received(let message):
            return conversation?.receive(message, in: &app, now: environment.instant) ?? []
        case .pending(let id, let text, let createdAt, let state):
            let draft = Submission.draft(of: text.wire)
            let message = ConversationState.Unsaved(id: id, text: text, draft: draft, createdAt: createdAt)
            return conversation?.settle(message, as: state, in: &app, now: environment.instant) ?? []
        case .outgoing(let id, let state):
            return conversation?.settle(id, as: state, in: &app, now: environment.instant) ?? []
        case .delivered(let id): conversation?.state.transcript.move(\.delivered, to: id)
        case .read(let id): conversation?.state.peerRead(upTo: id)
        case .ownRead(let id): conversation?.ownRead(upTo: id, in: app)
        case .typing: if app.isOnline { conversation?.state.typed(now: environment.instant) }
        case .presence(let isOnline, let lastSeen):
            if app.isOnline { conversation?.state.presenceChanged(isOnline: isOnline, lastSeen: lastSeen) }
        case .blocked(let isBlocked): conversation?.blocked(isBlocked, in: &app)
        case .blockingFailed(let problem): conversation?.blockingFailed(problem, in: &app)
        case .draft(let text): conversation?.restoreDraft(text, in: &app)
        case .edited(let text): return takeEdited(text)
        case .searchResults(let query, let ids, let isWhole):
            return conversation?.found(ids, of: query, isWhole: isWhole, in: &app, environment) ?? []
        case .peerNamed(let name): conversation?.state.peerName.told = name
        case .productNamed(let title): conversation?.state.product.told = title
        case .opened: app.awaitedOpenings = max(0, app.awaitedOpenings - 1)
        case .conversations(let entries): return conversationsChanged(entries, now: environment.instant)
        case .drafts(let drafts): restoreDrafts(drafts, now: environment.now)
        case .unsentElsewhere(let peer, let id, let text, let createdAt, let state):
            let status = state.status ?? .waiting
            let message = Transcript.Pending(id: id, text: text, createdAt: createdAt, status: status)
            restoreUnsent(message, to: peer, now: environment.now)
        case .conversationsComplete:
            app.inbox?.isComplete = true
            app.inbox?.problem = nil
        case .conversationsUnavailable(let problem): app.inbox?.problem = problem
        case .notKept(let reason, let isForGood):
            if app.notKept?.isForGood != true { app.notKept = .init(reason: reason, isForGood: isForGood) }
            app.notice = .text(reason)
        case .keptAgain: app.keptAgain()
        case .notice(let text): app.notice = .text(text)
        case .leavingLoses(let text): app.notice = .leavingLoses(text)
        }
        return []
    }
}

// MARK: - The connection, the window, the clock

extension Model {
    private mutating func connectionChanged(to state: ConnectionState) {
        app.connectionChanged(to: state)
        if !app.isOnline { conversation?.connectionLost() }
    }

    private mutating func resize(to size: Size, in environment: Environment) {
        app.size = size.atLeastOneCell
        if !app.isWindowTooSmall { conversation?.followIfAtBottom(in: app, environment) }
    }

    private mutating func timePassed(now: ContinuousClock.Instant) {
        if let until = app.noticeUntil, until <= now { app.notice = nil }
        conversation?.state.timePassed(now: now)
    }

    fileprivate mutating func noteShown() -> [Effect] { conversation?.noteShown(in: app) ?? [] }
}

extension ConversationScreen {
    fileprivate mutating func connectionLost() {
        (loadingBefore, loadingAfter, jumpToTop) = (nil, nil, nil)
        state.connectionLost()
    }

    fileprivate mutating func caughtUp(in app: inout AppState, _ environment: Environment) -> [Effect] {
        // The word of a connection that is lost already.
        guard app.isOnline else { return [] }
        historyComplete()
        app.forgetHistoryNotice()
        placeNewLineOnceCaughtUp(in: app)
        state.caughtUp()
        return loadVisibleHole(in: app, environment)
    }

    fileprivate mutating func pastStaysUnknown(in app: AppState, _ environment: Environment) -> [Effect] {
        guard app.isOnline else { return [] }
        placeNewLineOnceCaughtUp(in: app)
        state.pastStaysUnknown()
        return loadVisibleHole(in: app, environment)
    }

    private mutating func placeNewLineOnceCaughtUp(in app: AppState) {
        guard state.isStarting else { return }
        placeNewLineWhereNothingWasRead(in: app)
        awaitNewLine()
    }
}

extension AppState {
    fileprivate mutating func connectionChanged(to state: ConnectionState) {
        connection = state
        if case .online(let limits) = state {
            self.limits = limits
            if [.offline, .offlineNotKept, .blockingFailed(.offline), .olderIsOnServer].contains(notice) {
                notice = nil
            }
        } else {
            // Why there is no connection tells more, and the next one asks for the history anew.
            forgetHistoryNotice()
            if case .stopped = state, case .historyUnavailable = notice { notice = nil }
        }
    }

    /// What failed this time only is no news any more.
    fileprivate mutating func forgetHistoryNotice() {
        if case .historyUnavailable(let problem) = notice, problem.mayPass { notice = nil }
    }

    fileprivate mutating func keptAgain() {
        guard let notKept, !notKept.isForGood else { return }
        if notice == .text(notKept.reason) { notice = nil }
        self.notKept = nil
    }

    /// `earlier` is the notice before this event.
    fileprivate mutating func timeNotice(since earlier: Notice?, now: ContinuousClock.Instant) {
        if notice == nil || notice != earlier { noticeUntil = nil }
        if noticeUntil == nil { noticeUntil = notice?.expiry(from: now) }
    }
}
