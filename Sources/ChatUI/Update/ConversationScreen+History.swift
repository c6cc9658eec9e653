import ChatWire
import ClientUpdates

/// Adds pages of history to the transcript, and drops messages far from the window.
extension ConversationScreen {
    /// Adds the server's oldest messages. It remains unknown what is missing between them and the messages here.
    mutating func mergeOldest(_ page: [Message], in app: inout AppState, _ environment: Environment) -> [Effect] {
        historyReceived()
        if jumpToTop != .loadingFromDisk { loadingBefore = nil }
        let page = page.filter(state.isAbout)
        state.noteProducts(of: page)
        state.transcript.mergeOldest(page)
        if let first = page.first, state.transcript.stored.first?.id == first.id { hasOlder = false }
        if !state.isCaughtUp { state.transcript.openGapAtEnd() }
        placeUnreadMarkerAtStart(in: app)
        search?.collect(from: state.transcript)
        return continueJumps(in: &app, environment)
    }

    mutating func merge(
        _ page: [Message], hasOlder: Bool, in app: inout AppState, _ environment: Environment
    ) -> [Effect] {
        historyReceived()
        // While the oldest messages are requested from the disk, no page of the server is requested.
        let asked = jumpToTop == .loadingFromDisk ? nil : loadingBefore
        if asked != nil { loadingBefore = nil }
        // The message before which the page belongs was dropped in the meantime.
        if let asked, !state.transcript.contains(asked) { return continueJumps(in: &app, environment) }
        let page = page.filter(state.isAbout)
        let isOfTop = asked == nil || asked == state.transcript.stored.first?.id
        if let asked, let previous = state.transcript.previous(of: asked), state.transcript.dropped.contains(previous) {
            state.noteProducts(of: page)
            state.transcript.fill(before: asked, with: page, isAll: !hasOlder)
        } else {
            state.noteProducts(of: page)
            state.transcript.merge(page, hasOlder: hasOlder, before: asked)
        }
        // A newer page does not say whether there are messages before the first one here.
        if page.isEmpty ? isOfTop : state.transcript.stored.first?.id == page.first?.id { self.hasOlder = hasOlder }
        if !state.isCaughtUp { state.transcript.openGapAtEnd() }
        placeUnreadMarkerAtStart(in: app)
        search?.collect(from: state.transcript)
        if found?.state == .waiting { return visitFound(in: app, environment) }
        let isInVain = asked != nil && hasOlder && isOfTop && state.transcript.stored.first?.id == asked
        guard isInVain, dateJump == nil else { return continueJumps(in: &app, environment) }
        // There are older messages, but they cannot be loaded now.
        jumpToTop = nil
        if !app.isOnline { app.notice = .olderOnlyOnServer }
        return []
    }

    mutating func mergeNewer(
        _ page: [Message], after id: MessageID, hasNewer: Bool, in app: AppState
    ) {
        if loadingAfter == id { loadingAfter = nil }
        state.noteProducts(of: page)
        state.transcript.fill(after: id, with: page.filter(state.isAbout), isAll: !hasNewer)
        placeUnreadMarkerAtStart(in: app)
        search?.collect(from: state.transcript)
    }

    /// Adds the messages around one that a search found, and shows that one.
    mutating func mergeAround(
        _ id: MessageID, _ page: [Message], hasOlder: Bool, hasNewer: Bool, in app: AppState, _ environment: Environment
    ) {
        let isFound = found?.id == id && found?.state == .loading
        guard search?.awaited == id || isFound else { return }
        let page = page.filter(state.isAbout)
        state.noteProducts(of: page)
        state.transcript.insert(page, hasOlder: hasOlder, hasNewer: hasNewer)
        if let first = page.first, state.transcript.stored.first?.id == first.id { self.hasOlder = hasOlder }
        placeUnreadMarkerAtStart(in: app)
        search?.collect(from: state.transcript)
        if search?.awaited == id { show(match: id, in: app, environment) }
        if isFound { showFound(in: app, environment) }
    }

    /// Adds the oldest stored messages, so that a jump to the beginning need not load all pages in between.
    mutating func mergeBeginning(
        _ page: [Message], hasOlder: Bool, hasNewer: Bool, in app: AppState, _ environment: Environment
    ) -> [Effect] {
        loadingBefore = nil
        guard jumpToTop != nil else { return [] }  // another input has ended the jump
        jumpToTop = .loadingPages
        let page = page.filter(state.isAbout)
        if let first = page.first, let top = state.transcript.stored.first {
            if first.id == top.id {
                self.hasOlder = hasOlder
            } else if !state.transcript.contains(first.id), !top.isBefore(first) {
                state.noteProducts(of: page)
                state.transcript.insert(page, hasOlder: hasOlder, hasNewer: hasNewer)
                if state.transcript.stored.first?.id == first.id { self.hasOlder = hasOlder }
                placeUnreadMarkerAtStart(in: app)
                search?.collect(from: state.transcript)
            }
        }
        return continueJumpToTop(in: app, environment)
    }

    private mutating func continueJumps(in app: inout AppState, _ environment: Environment) -> [Effect] {
        if dateJump != nil { return continueDateJump(in: &app, environment) }
        return continueJumpToTop(in: app, environment)
    }

    mutating func historyFailed(_ failure: HistoryFailure, in app: inout AppState, _ environment: Environment) {
        loadingBefore = nil
        loadingAfter = nil
        jumpToTop = nil
        dateJumpFailed(in: &app, environment)
        search?.awaited = nil
        if found?.state == .loading { found?.state = .shown }
        if search?.isWhole == nil { search?.isWhole = true }
        historyFailed(failure)
        if failure == .notProvided { hasOlder = false }
        // Without a connection, only the disk was asked.
        app.notice = app.isOnline || !failure.mayPass ? .historyUnavailable(failure) : .olderOnlyOnServer
    }

    /// Drops messages far from the window, so that memory use does not grow with the conversation.
    mutating func forgetFarMessages() {
        guard state.transcript.stored.count > state.transcript.capacity.max else { return }
        var top: Int?
        if case .anchored(let anchor) = viewport { top = state.transcript.index(of: anchor.id) }
        if state.transcript.dropFarMessages(from: top) { hasOlder = true }
    }
}
