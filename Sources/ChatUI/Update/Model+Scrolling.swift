/// Moves the window over the conversation, and the help.
extension Model {
    /// Whether End has nothing to do in the draft: it is empty, or the cursor is behind its last character.
    var endKeyGoesToBottom: Bool { editor.cursor == editor.text.count }

    mutating func goToBottom() { viewport = .following }

    /// To the beginning of the conversation, however much of it is to be loaded; until it is here, or another key comes.
    mutating func goToTop(in environment: Environment) -> [Effect] {
        jumpToTop = .begun
        return continueJumpToTop(in: environment)
    }

    /// The next step on the way to the beginning.
    mutating func continueJumpToTop(in environment: Environment) -> [Effect] {
        guard let jumpToTop, !isWindowTooSmall else { return [] }
        showTop(in: environment)
        guard hasOlder, let first = transcript.stored.first else {
            self.jumpToTop = nil
            return loadVisibleHole(downwards: true, in: environment)
        }
        guard loadingBefore == nil else { return [] }
        loadingBefore = first.id
        showTop(in: environment)  // the row that says so is a new one
        guard jumpToTop == .begun else { return [.loadOlder(before: first.id)] }
        self.jumpToTop = .byDisk
        return [.loadOldest]
    }

    private mutating func showTop(in environment: Environment) {
        viewport = Frame(self, in: environment).scrollback.viewport(withTop: ScrollbackLayout.top)
    }

    /// A page leaves two rows to find one's place by.
    mutating func scrollPage(_ pages: Int, in environment: Environment) -> [Effect] {
        let layout = Frame(self, in: environment).scrollback
        let target = layout.viewport(movedBy: pages * max(1, layout.height - 2))
        return scroll(to: target, downwards: pages > 0, in: environment)
    }

    /// The help or the conversation, by three rows a notch; in the list, from one conversation to the next.
    mutating func turnWheel(_ notches: Int, in environment: Environment) -> [Effect] {
        if case .help(let top) = overlay {
            let help = Frame(self, in: environment).help
            overlay = .help(top: max(0, min(top + 3 * notches, help.lowestTop)))
            return []
        }
        guard overlay == nil, !isWindowTooSmall else { return [] }
        if peer == nil {
            inbox?.moveSelection(by: notches)
            return []
        }
        guard !transcript.isEmpty else { return [] }
        let target = Frame(self, in: environment).scrollback.viewport(movedBy: 3 * notches)
        return scroll(to: target, downwards: notches > 0, in: environment)
    }

    /// In a window that shows the end anyway, new messages shall move it.
    mutating func followIfAtBottom(in environment: Environment) {
        guard viewport != .following, Frame(self, in: environment).scrollback.isAtBottom else { return }
        goToBottom()
    }

    private mutating func scroll(
        to viewport: Viewport, downwards: Bool = false, in environment: Environment
    ) -> [Effect] {
        self.viewport = viewport
        let isAtTop = Frame(self, in: environment).scrollback.windowTop == ScrollbackLayout.top
        let effects = isAtTop ? loadOlder(in: environment) : []
        return effects + loadVisibleHole(downwards: downwards, in: environment)
    }

    /// Asks for the page before the first message, once until it is here.
    private mutating func loadOlder(in environment: Environment) -> [Effect] {
        guard hasOlder, loadingBefore == nil, let first = transcript.stored.first else { return [] }
        loadingBefore = first.id
        // The row that says so is a new top row.
        viewport = Frame(self, in: environment).scrollback.viewport(withTop: ScrollbackLayout.top)
        return [.loadOlder(before: first.id)]
    }

    /// Asks for what is missing in the window, once until it is here.
    mutating func loadVisibleHole(downwards: Bool = false, in environment: Environment) -> [Effect] {
        guard !transcript.holes.isEmpty || !transcript.dropped.isEmpty else { return [] }
        guard loadingBefore == nil, loadingAfter == nil, !isWindowTooSmall else { return [] }
        let layout = Frame(self, in: environment).scrollback
        let isToLoad: (Int) -> Bool = { index in
            guard index + 1 < transcript.stored.count, let gap = transcript.gap(behind: index) else { return false }
            return gap == .dropped || gap == .hole && isOnline
        }
        guard let hole = layout.visibleIndices.last(where: isToLoad) else { return [] }
        if downwards, transcript.gap(behind: hole) == .dropped {
            let last = transcript.stored[hole].id
            loadingAfter = last
            return [.loadNewer(after: last)]
        }
        // Who comes to it from below goes on upwards through what fills it.
        if viewport != .following { viewport = layout.viewport(toldBy: hole + 1) }
        let next = transcript.stored[hole + 1].id
        loadingBefore = next
        return [.loadOlder(before: next)]
    }

    /// Space goes on as in a pager, and closes the help at its end. False where there is none.
    mutating func turnHelp(in environment: Environment) -> Bool {
        guard case .help(let top) = overlay else { return false }
        let help = Frame(self, in: environment).help
        if top >= help.lowestTop { overlay = nil } else { _ = scrollHelp(.pageDown, in: environment) }
        return true
    }

    /// While the help is open, the keys that scroll are its own. True if this was one of them.
    mutating func scrollHelp(_ action: Action, in environment: Environment) -> Bool {
        guard case .help(let top) = overlay else { return false }
        let help = Frame(self, in: environment).help
        let target: Int
        switch action {
        case .rowUp: target = top - 1
        case .rowDown: target = top + 1
        case .pageUp: target = top - help.page
        case .pageDown: target = top + help.page
        case .home, .toTop: target = 0
        case .end, .toBottom: target = help.lowestTop
        default: return false
        }
        overlay = .help(top: max(0, min(target, help.lowestTop)))
        return true
    }
}
