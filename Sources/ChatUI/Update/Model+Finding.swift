import ChatWire
import TextSearch

/// The search in all conversations and its keys.
extension Model {
    /// Starts a search (Alt-S, `/find`). A given text is searched for at once. Without one, the results behind a
    /// message that the user looks at are shown again.
    mutating func beginFinding(_ text: String = "") -> [Effect] {
        if text.isEmpty, app.finder?.isVisiting == true {
            showResults()
            return []
        }
        conversation?.search = nil
        conversation?.selected = nil
        app.finder = Finder(text, from: conversation.map { .conversation($0.peer, $0.viewport) } ?? .list)
        app.overlay = .found
        return app.finder?.search() ?? []
    }

    /// Performs an action while the results are shown. Nil if the action does not concern them.
    mutating func chooseFound(_ action: Action?, in environment: Environment) -> [Effect]? {
        let page = Frame(self, in: environment).finder.page
        switch action {
        case .rowUp, .selectOlder: return moveInFound(by: -1, in: environment)
        case .rowDown, .selectNewer: return moveInFound(by: 1, in: environment)
        case .pageUp: return moveInFound(by: -page, in: environment)
        case .pageDown: return moveInFound(by: page, in: environment)
        case .toTop: return moveInFound(by: -(app.finder?.selected ?? 0), in: environment)
        case .toBottom: return moveInFound(by: app.finder?.found.count ?? 0, in: environment)
        case .send: return visitChosen(in: environment)
        case .edit(let command): app.finder?.query.perform(command)
        case .deleteOrQuit: app.finder?.query.perform(.deleteCharacter)
        case .forward: app.finder?.query.perform(.forwardCharacter)
        case .home: app.finder?.query.perform(.beginningOfLine)
        case .end: app.finder?.query.perform(.endOfLine)
        case .escape, .list(.find): return endFinding()
        case .newLine, .complete, .editExternally, .conversation: return []
        case .list, .program, nil: return nil
        }
        return app.finder?.search() ?? []
    }

    mutating func typeIntoFinder(_ text: String) -> [Effect] {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard let query = app.finder?.query, query.text.utf8.count + line.utf8.count <= Self.maxWordsBytes else {
            return []
        }
        if line.count == 1, let character = line.first {
            app.finder?.query.type(character)
        } else {
            app.finder?.query.insert(line)
        }
        return app.finder?.search() ?? []
    }

    private static let maxWordsBytes = 1024

    mutating func moveInFound(by distance: Int, in environment: Environment) -> [Effect] {
        guard let finder = app.finder else { return [] }
        app.finder?.select(at: finder.selected + distance)
        if !app.isWindowTooSmall {
            let top = Frame(self, in: environment).finder.top
            app.finder?.top = top
        }
        return app.finder?.searchOn() ?? []
    }

    /// Handles a click on a message: selects it, or opens it if it is selected.
    mutating func clickFound(row: Int, in environment: Environment) -> [Effect] {
        guard let finder = app.finder, !app.isWindowTooSmall else { return [] }
        let frame = Frame(self, in: environment)
        guard let index = frame.finder.index(atRow: row - frame.middle.lowerBound) else { return [] }
        if index == finder.selected { return visitChosen(in: environment) }
        return moveInFound(by: index - finder.selected, in: environment)
    }

    /// Opens the chosen message in its place in its conversation.
    private mutating func visitChosen(in environment: Environment) -> [Effect] {
        guard var finder = app.finder, let chosen = finder.chosen, let words = finder.words else { return [] }
        finder.isVisiting = true
        let isOpen = conversation?.peer == chosen.peer
        let opening = open(chosen.peer)
        app.finder = finder
        conversation?.found = ConversationScreen.Found(id: chosen.message.id, words: words)
        // Otherwise the conversation's newest messages come first.
        guard isOpen else { return opening }
        return opening + (conversation?.visitFound(in: app, environment) ?? [])
    }

    /// Shows the results again, with the same one selected.
    mutating func showResults() {
        conversation?.found = nil
        conversation?.search = nil
        app.finder?.isVisiting = false
        app.overlay = .found
    }

    /// Closes the results, and returns to where the search began.
    private mutating func endFinding() -> [Effect] {
        guard let finder = app.finder else { return [] }
        (app.finder, app.overlay) = (nil, nil)
        switch finder.origin {
        case .list: return open(nil)
        case .conversation(let peer, let viewport):
            let opening = open(peer)
            if opening.isEmpty { conversation?.viewport = viewport }
            return opening
        }
    }
}

extension ConversationScreen {
    /// Shows the message that was found, and loads the messages around it first if it is not here.
    mutating func visitFound(in app: AppState, _ environment: Environment) -> [Effect] {
        guard let found else { return [] }
        if state.transcript.contains(found.id) {
            showFound(in: app, environment)
            return []
        }
        self.found?.state = .loading
        return [.loadAround(found.id)]
    }

    mutating func showFound(in app: AppState, _ environment: Environment) {
        found?.state = .shown
        guard let found, !app.isWindowTooSmall, let index = state.transcript.place(of: found.id) else { return }
        if let viewport = layout(in: app, environment).viewport(showingInContext: index) { self.viewport = viewport }
    }
}

extension ConversationScreen.Found {
    /// Whether it will be shown once it is loaded.
    var isExpected: Bool {
        switch state {
        case .waiting, .loading: true
        case .shown: false
        }
    }
}
