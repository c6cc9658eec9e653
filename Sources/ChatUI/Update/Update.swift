import ChatWire
import ClientUpdates

/// Handles one event: changes the model, and returns the side effects that the caller has to perform.
public func update(_ model: inout Model, _ event: Event, in environment: Environment) -> [Effect] {
    let underFinger = model.underFinger
    let (notice, firstNew) = (model.app.notice, model.conversation?.new.first)
    model.app.isHandlingUserInput = event.isUserInput
    defer { model.app.isHandlingUserInput = false }
    // The user saw what they acted on, even if the action removes it from the screen.
    let shown = model.app.isHandlingUserInput ? model.reportShown() : []
    let effects =
        shown + model.handle(event, in: environment) + model.reportShown() + model.productsToLookUp(after: event)
    if event.mayChangeList { model.updateInbox(in: environment) }
    model.renumber(isUserInput: event.isUserInput, in: environment)
    model.noteUnderFinger(since: underFinger, isUserInput: event.isUserInput, now: environment.instant)
    model.app.keepUnseen(notice, isDismissed: event.isUserInput)
    model.app.scheduleNoticeExpiry(since: notice, now: environment.instant)
    model.trackLoading(now: environment.instant)
    if event.mayShowUnreadMarker || model.conversation?.new.first != firstNew {
        model.conversation?.noteUnreadMarker(before: firstNew, in: model.app, environment)
    }
    model.conversation?.forgetFarMessages()
    return effects.filter(model.preferences.allows)
}

extension Model {
    fileprivate mutating func handle(_ event: Event, in environment: Environment) -> [Effect] {
        switch event {
        case .input(let input):
            let effects = handle(input, in: environment)
            app.inbox.setFilter(filterText)
            return reportDraft() + effects
        case .resized(let size): resize(to: size, in: environment)
        case .tick: timePassed(now: environment.instant)
        case .client(let news):
            if news.isAboutConversation, conversation == nil || app.unansweredOpens > 0 { return [] }
            let effects = handle(news, in: environment)
            // What the conversation is about may be known only now.
            return app.editor.isEmpty || app.editor.draft.product != nil ? effects : effects + reportDraft()
        case .edited(let text): return replaceDraft(withEdited: text)
        case .copied(let outcome, let count): app.notice = .copied(outcome, characters: count)
        case .notCopiedByProgram(let text): return [.copyByTerminal(text)]
        case .disk(let problem): app.diskIsWrong(problem)
        case .listings(let listings): learn(listings)
        case .otherProgram(let news): app.notice = .otherProgram(news)
        case .leavingLoses(let remains): app.notice = .leavingLoses(remains)
        }
        return []
    }

    private mutating func handle(_ news: Update, in environment: Environment) -> [Effect] {
        switch news {
        case .connection(let status): connectionChanged(to: status)
        case .caughtUp: return conversation?.caughtUp(in: &app, environment) ?? []
        case .pastUnknown: return conversation?.pastStaysUnknown(in: app, environment) ?? []
        case .serverRestored:
            conversation?.state.transcript.freezeStates()
            app.notice = .serverRestored
        case .history(let page, let hasOlder):
            return conversation?.merge(page, hasOlder: hasOlder, in: &app, environment) ?? []
        case .oldest(let page): return conversation?.mergeOldest(page, in: &app, environment) ?? []
        case .beginning(let page, let hasOlder, let hasNewer):
            return conversation?.mergeBeginning(page, hasOlder: hasOlder, hasNewer: hasNewer, in: app, environment)
                ?? []
        case .newer(let page, let id, let hasNewer):
            conversation?.mergeNewer(page, after: id, hasNewer: hasNewer, in: app)
        case .around(let id, let page, let hasOlder, let hasNewer):
            conversation?.mergeAround(id, page, hasOlder: hasOlder, hasNewer: hasNewer, in: app, environment)
        case .since(let time, let page, let hasOlder, let hasNewer, let followsGap):
            return conversation?.mergeSince(
                time, page, isAll: (hasOlder, hasNewer, followsGap), in: &app, environment) ?? []
        case .historyUnavailable(let failure): conversation?.historyFailed(failure, in: &app, environment)
        case .searchResults(let query, let ids, let isWhole):
            return conversation?.found(ids, of: query, isWhole: isWhole, in: &app, environment) ?? []
        case .found(let query, let page, let place): return app.finder?.found(page, of: query, after: place) ?? []
        case .missingStored: return app.finder?.searchAgain() ?? []
        case .received(let message):
            app.forgetNotices { if case .inEnglish = $0 { true } else { false } }
            return conversation?.receive(message, in: &app, now: environment.instant) ?? []
        case .unsent(let message, let status):
            return conversation?.settle(ConversationState.Unsaved(message), as: status, in: &app) ?? []
        case .outgoing(let id, let status):
            return conversation?.settle(id, as: status, in: &app, now: environment.instant) ?? []
        case .postponed: break  // the message is still shown as waiting
        case .profile(let name, let product):
            if let name { conversation?.state.peerName.fromServer = name }
            if let product { conversation?.state.products.isAbout(product) }
        case .products(let products):
            for product in products { conversation?.state.products.note(product, isNewest: false) }
        case .marked(let mark): conversation?.marked(mark, in: app)
        case .typing: if app.isOnline { conversation?.state.typed(now: environment.instant) }
        case .presence(let isOnline, let lastSeen):
            if app.isOnline { conversation?.state.presenceChanged(isOnline: isOnline, lastSeen: lastSeen) }
        case .blocked(let isBlocked): conversation?.blocked(isBlocked, in: &app)
        case .blockingFailed(let failure): conversation?.blockingFailed(failure, in: &app)
        case .draft(let draft): return conversation?.restoreDraft(draft, in: &app) ?? []
        case .opened: app.unansweredOpens = max(0, app.unansweredOpens - 1)
        case .conversations(let entries): return conversationsChanged(entries, now: environment.instant)
        case .drafts(let drafts): restoreDrafts(drafts, now: environment.now)
        case .unsentElsewhere(let message, let status):
            let pending = Transcript.Pending(message, status: status)
            restoreUnsent(pending, to: message.receiver, now: environment.now)
        case .conversationNotes(let notes): return conversationsNoted(notes)
        case .conversationsComplete: app.inbox.serverListLoaded()
        case .conversationsUnavailable(let failure): app.inbox.serverListFailed(failure)
        case .storeFailed(let failure): app.storeFailed(failure)
        case .storeRecovered: app.keptAgain()
        }
        return []
    }
}

extension Update {
    /// Whether the update is about the conversation that the client has open.
    fileprivate var isAboutConversation: Bool {
        switch self {
        case .history, .historyUnavailable, .newer, .around, .beginning, .since, .searchResults, .caughtUp,
            .pastUnknown,
            .oldest, .received, .unsent, .outgoing, .postponed, .profile, .products, .marked, .typing, .presence,
            .draft, .blocked,
            .blockingFailed:
            true
        case .found, .missingStored, .connection, .serverRestored, .opened, .conversations, .conversationNotes, .drafts,
            .unsentElsewhere,
            .conversationsComplete,
            .conversationsUnavailable, .storeFailed, .storeRecovered:
            false
        }
    }
}

// MARK: - The connection, the window, the clock

extension Model {
    private mutating func connectionChanged(to status: ConnectionStatus) {
        app.connectionChanged(to: status)
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

    fileprivate mutating func reportShown() -> [Effect] { conversation?.reportShown(in: app) ?? [] }
}

extension ConversationScreen {
    fileprivate mutating func connectionLost() {
        (loadingBefore, loadingAfter, jumpToTop, dateJump) = (nil, nil, nil, nil)
        state.connectionLost()
    }

    fileprivate mutating func caughtUp(in app: inout AppState, _ environment: Environment) -> [Effect] {
        // The report of a connection that has been lost in the meantime is ignored.
        guard app.isOnline else { return [] }
        historyComplete()
        app.forgetHistoryNotice()
        placeUnreadMarkerOnceCaughtUp(in: app)
        state.caughtUp()
        return loadVisibleHole(in: app, environment)
    }

    fileprivate mutating func pastStaysUnknown(in app: AppState, _ environment: Environment) -> [Effect] {
        guard app.isOnline else { return [] }
        placeUnreadMarkerOnceCaughtUp(in: app)
        state.pastStaysUnknown()
        return loadVisibleHole(in: app, environment)
    }

    fileprivate mutating func marked(_ mark: ConversationMark, in app: AppState) {
        if mark.user == app.user {
            if let id = mark.read { ownRead(upTo: id, in: app) }
        } else {
            if let id = mark.delivered { state.transcript.move(\.delivered, to: id) }
            if let id = mark.read { state.peerRead(upTo: id) }
        }
    }

    private mutating func placeUnreadMarkerOnceCaughtUp(in app: AppState) {
        guard state.isBeforeFirstCatchUp else { return }
        placeUnreadMarkerWithoutReadMark(in: app)
        awaitUnreadMarker()
    }
}

extension AppState {
    fileprivate mutating func connectionChanged(to status: ConnectionStatus) {
        connection = status
        if case .online(let limits) = status {
            self.limits = limits
            if [.offline, .offlineNotKept, .blockingFailed(.offline), .olderOnlyOnServer].contains(notice) {
                notice = nil
            }
        } else {
            // The reason for the lost connection is more useful, and the history will be requested again.
            forgetHistoryNotice()
            if case .stopped = status, case .historyUnavailable = notice { notice = nil }
        }
    }

    /// Removes the notice of a failure that was temporary.
    fileprivate mutating func forgetHistoryNotice() {
        if case .historyUnavailable(let failure) = notice, failure.mayPass { notice = nil }
    }

    fileprivate mutating func diskIsWrong(_ problem: DiskProblem) {
        if problem.isForGood { notKept = .forGood(problem) }
        notice = .disk(problem)
    }

    fileprivate mutating func storeFailed(_ failure: StoreFailure) {
        if notKept?.isForGood != true { notKept = .failing(failure) }
        notice = .storeFailed(failure)
    }

    fileprivate mutating func keptAgain() {
        // Earlier failures may wait behind other notices.
        forgetNotices { if case .storeFailed = $0 { true } else { false } }
        if notKept?.isForGood == false { notKept = nil }
    }

    /// Sets when the notice expires. `earlier` is the notice before this event.
    fileprivate mutating func scheduleNoticeExpiry(since earlier: Notice?, now: ContinuousClock.Instant) {
        if notice == nil || notice != earlier { noticeUntil = nil }
        if noticeUntil == nil { noticeUntil = notice?.expiry(from: now) }
    }
}
