import ChatWire

/// Selecting a message.
extension ConversationScreen {
    mutating func select(
        _ distance: Int, in app: inout AppState, _ environment: Environment
    ) -> [Effect] {
        guard !state.transcript.isEmpty, !app.isWindowTooSmall else { return [] }
        app.overlay = nil
        let visible = layout(in: app, environment).visibleIndices
        let current = selected.flatMap { state.transcript.index(of: $0) }
        let target: Int
        if let current, visible.contains(current) || visible.contains(current + distance) {
            target = current + distance
        } else {
            target = distance < 0 ? visible.upperBound - 1 : visible.lowerBound
        }
        guard target >= 0 else { return scrollPage(-1, in: app, environment) }  // older messages may have to be loaded
        guard target < state.transcript.count else {
            selected = nil
            goToBottom()
            return []
        }
        selected = state.transcript.line(at: target).id
        reveal(target, in: app, environment)
        return loadVisibleHole(downwards: distance > 0, in: app, environment)
    }

    /// Selects a message, or deselects it if it is selected.
    mutating func toggleSelection(of index: Int) {
        let id = state.transcript.line(at: index).id
        selected = selected == id ? nil : id
    }

    /// Scrolls no further than needed to show a message.
    mutating func reveal(_ index: Int, in app: AppState, _ environment: Environment) {
        guard !app.isWindowTooSmall else { return }
        let layout = layout(in: app, environment)
        if let viewport = layout.viewport(showing: index) { self.viewport = viewport }
    }

    /// The message that the keys for one message act on: the selected one, or else the last one.
    fileprivate var targetLine: Transcript.Line? {
        if let index = selected.flatMap({ state.transcript.index(of: $0) }) { return state.transcript.line(at: index) }
        return state.transcript.isEmpty ? nil : state.transcript.line(at: state.transcript.count - 1)
    }

    /// Copies the text of the message and not its displayed form, but without what controls a terminal: in a shell it
    /// could end the paste, and what follows would run.
    func copyMessage(in app: inout AppState) -> [Effect] {
        guard let line = targetLine else {
            app.notice = .nothingToCopy
            return []
        }
        return [.copy(LineEditor.sanitized(line.text.wire))]
    }
}

extension ConversationScreen {
    /// Puts the message as a quotation in front of the draft, in place of an earlier one. The cursor goes to the end of
    /// the draft, and the message is no longer selected, because the answer is typed next.
    mutating func quote(in app: inout AppState) {
        guard let quotation = targetLine.flatMap({ Quotation.quoting($0.text.wire) }) else {
            app.notice = .nothingToQuote
            return
        }
        app.overlay = nil
        selected = nil
        app.editor.replaceAll(with: Quotation.draft(app.editor.text, quoting: quotation))
    }
}
