import ChatWire

/// The search in the conversation.
extension ConversationScreen {
    /// Starts a search (Ctrl-F, `/search`). A given text is searched for at once.
    mutating func beginSearch(_ text: String = "", in app: inout AppState, _ environment: Environment) -> [Effect] {
        app.overlay = nil
        selected = nil
        found = nil
        let last = app.isWindowTooSmall ? nil : layout(in: app, environment).visibleIndices.last
        search = Search(text, from: last.map { state.transcript.line(at: $0).id })
        guard !text.isEmpty else { return [] }
        queryChanged(in: app, environment)
        return finishQuery()
    }

    /// Handles an action while the query is being edited. Nil if the action does not concern the query.
    mutating func editQuery(
        _ action: Action, in app: inout AppState, _ environment: Environment
    ) -> [Effect]? {
        switch action {
        case .edit(let command): search?.query.perform(command)
        case .deleteOrQuit: search?.query.perform(.deleteCharacter)
        case .forward: search?.query.perform(.forwardCharacter)
        case .home: search?.query.perform(.beginningOfLine)
        case .end: search?.query.perform(.endOfLine)
        case .send: return finishQuery()
        case .rowUp: return goToMatch(-1, in: &app, environment)
        case .rowDown: return goToMatch(1, in: &app, environment)
        case .newLine, .complete, .editExternally, .selectOlder, .selectNewer, .conversation(.quote),
            .conversation(.links), .conversation(.product), .conversation(.templates), .conversation(.template):
            return []
        case .pageUp, .pageDown, .toTop, .toBottom, .escape, .conversation, .list, .program: return nil
        }
        queryChanged(in: app, environment)
        return []
    }

    mutating func typeIntoQuery(_ text: String, in app: AppState, _ environment: Environment) {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard let query = search?.query, query.text.utf8.count + line.utf8.count <= Self.maxQueryBytes else { return }
        if line.count == 1, let character = line.first {
            search?.query.type(character)
        } else {
            search?.query.insert(line)
        }
        queryChanged(in: app, environment)
    }

    private static let maxQueryBytes = 1024

    /// The keys for the row above and below go to the next match, as they do while the query is typed and as the last line
    /// says. No letter does: it belongs to the next message.
    func searchAction(for action: Action?, in app: AppState) -> Action? {
        guard let search, !search.isTyping, app.overlay == nil else { return nil }
        switch action {
        case .rowUp: return .conversation(.searchOlder)
        case .rowDown: return .conversation(.searchNewer)
        case _: return nil  // every other key
        }
    }

    private mutating func queryChanged(in app: AppState, _ environment: Environment) {
        search?.collect(from: state.transcript, anew: true)
        search?.current = nil
        search?.awaited = nil
        guard let search else { return }
        let start = search.start.flatMap { state.transcript.index(of: $0) } ?? state.transcript.count
        let above = search.hits.last { (state.transcript.place(of: $0) ?? 0) <= start }
        if let hit = above ?? search.hits.first { show(match: hit, in: app, environment) }
    }

    private mutating func finishQuery() -> [Effect] {
        guard let search, search.matcher != nil else {
            search = nil
            return []
        }
        self.search?.isTyping = false
        return [.search(MessageLimits.trimmed(search.query.text))]
    }

    /// Takes in the matches in the whole stored history.
    mutating func found(
        _ ids: [MessageID], of query: String, isWhole: Bool, in app: inout AppState, _ environment: Environment
    ) -> [Effect] {
        guard let search, !search.isTyping, MessageLimits.trimmed(search.query.text) == query else { return [] }
        self.search?.isWhole = isWhole
        self.search?.merge(ids)
        if search.current != nil { return [] }
        return goToMatch(-1, in: &app, environment)
    }

    /// Goes to the previous match (-1) or the next one (1).
    mutating func goToMatch(_ distance: Int, in app: inout AppState, _ environment: Environment) -> [Effect] {
        guard let search else { return [] }
        let hits = search.hits
        guard !hits.isEmpty else {
            if search.isWhole != nil { app.notice = .notFound(search.query.text, loadKey: loadKey(app.keys)) }
            return []
        }
        let target = search.place.map { $0 + distance } ?? hits.count - 1
        guard hits.indices.contains(target) else {
            app.notice = distance < 0 ? .noOlderMatch(loadKey: loadKey(app.keys)) : .noNewerMatch
            return []
        }
        let hit = hits[target]
        if state.transcript.contains(hit) {
            show(match: hit, in: app, environment)
            return []
        }
        self.search?.current = hit
        self.search?.awaited = hit
        return [.loadAround(hit)]
    }

    mutating func show(match: MessageID, in app: AppState, _ environment: Environment) {
        search?.current = match
        search?.awaited = nil
        guard !app.isWindowTooSmall, let index = state.transcript.place(of: match) else { return }
        let layout = layout(in: app, environment)
        if let viewport = layout.viewport(showingInContext: index) { self.viewport = viewport }
    }

    /// The key that loads the messages which only the server has, so that they were not searched. Nil if there are
    /// none.
    func loadKey(_ keys: KeyBindings) -> String? {
        search?.isWhole == false && hasOlder ? keys.name(of: .toTop) : nil
    }
}
