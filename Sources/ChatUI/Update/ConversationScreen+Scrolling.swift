/// Scrolls the window, and loads the messages that come into view.
extension ConversationScreen {
    func layout(in app: AppState, _ environment: Environment) -> ScrollbackLayout {
        let frame = Frame(Model(app: app, conversation: self), in: environment)
        return ScrollbackLayout(self, in: app, height: frame.middle.count, environment)
    }

    mutating func goToBottom() { viewport = .following }

    /// Jumps to the beginning of the conversation and loads all that is needed. Another key ends the jump.
    mutating func goToTop(in app: AppState, _ environment: Environment) -> [Effect] {
        jumpToTop = .waitingForPage
        return continueJumpToTop(in: app, environment)
    }

    /// Performs the next step of the jump to the beginning.
    mutating func continueJumpToTop(in app: AppState, _ environment: Environment) -> [Effect] {
        guard let jumpToTop, !app.isWindowTooSmall else { return [] }
        showTop(in: app, environment)
        guard hasOlder, let first = state.transcript.stored.first else {
            self.jumpToTop = nil
            return loadVisibleHole(downwards: true, in: app, environment)
        }
        guard loadingBefore == nil else { return [] }
        loadingBefore = first.id
        showTop(in: app, environment)  // "loading" takes a row of its own
        guard jumpToTop == .waitingForPage else { return [.loadOlder(before: first.id)] }
        self.jumpToTop = .loadingFromDisk
        return [.loadOldest]
    }

    private mutating func showTop(in app: AppState, _ environment: Environment) {
        viewport = layout(in: app, environment).viewport(withTop: ScrollbackLayout.top)
    }

    /// Scrolls by pages. Two rows remain visible, so that the reader finds their place.
    mutating func scrollPage(_ pages: Int, in app: AppState, _ environment: Environment) -> [Effect] {
        let layout = layout(in: app, environment)
        let target = layout.viewport(movedBy: pages * max(1, layout.height - 2))
        return scroll(to: target, downwards: pages > 0, in: app, environment)
    }

    /// Scrolls by three rows per notch.
    mutating func scrollByWheel(_ notches: Int, in app: AppState, _ environment: Environment) -> [Effect] {
        guard !state.transcript.isEmpty else { return [] }
        let target = layout(in: app, environment).viewport(movedBy: 3 * notches)
        return scroll(to: target, downwards: notches > 0, in: app, environment)
    }

    /// If the window shows the end, it follows new messages from now on.
    mutating func followIfAtBottom(in app: AppState, _ environment: Environment) {
        guard viewport != .following, layout(in: app, environment).isAtBottom else { return }
        goToBottom()
    }

    private mutating func scroll(
        to viewport: Viewport, downwards: Bool, in app: AppState, _ environment: Environment
    ) -> [Effect] {
        self.viewport = viewport
        let isAtTop = layout(in: app, environment).windowTop == ScrollbackLayout.top
        let effects = isAtTop ? loadOlder(in: app, environment) : []
        return effects + loadVisibleHole(downwards: downwards, in: app, environment)
    }

    /// Requests the page before the first message, unless it is being loaded already.
    private mutating func loadOlder(in app: AppState, _ environment: Environment) -> [Effect] {
        guard hasOlder, loadingBefore == nil, let first = state.transcript.stored.first else { return [] }
        loadingBefore = first.id
        showTop(in: app, environment)  // "loading" takes a row of its own
        return [.loadOlder(before: first.id)]
    }

    /// Requests missing messages inside the window, unless some are being loaded already.
    mutating func loadVisibleHole(
        downwards: Bool = false, in app: AppState, _ environment: Environment
    ) -> [Effect] {
        let transcript = state.transcript
        guard !transcript.holes.isEmpty || !transcript.dropped.isEmpty else { return [] }
        guard loadingBefore == nil, loadingAfter == nil, !app.isWindowTooSmall else { return [] }
        let layout = layout(in: app, environment)
        let isToLoad: (Int) -> Bool = { index in
            guard index + 1 < transcript.stored.count, let gap = transcript.gap(after: index) else { return false }
            return gap == .dropped || gap == .hole && app.isOnline
        }
        guard let hole = layout.visibleIndices.last(where: isToLoad) else { return [] }
        if downwards, transcript.gap(after: hole) == .dropped {
            let last = transcript.stored[hole].id
            loadingAfter = last
            return [.loadNewer(after: last)]
        }
        // A user who scrolls up to a gap goes on reading upwards, so the messages below the gap keep their place.
        if viewport != .following { viewport = layout.viewport(anchoredTo: hole + 1) }
        let next = transcript.stored[hole + 1].id
        loadingBefore = next
        return [.loadOlder(before: next)]
    }
}
