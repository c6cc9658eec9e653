import ChatWire

/// The message that the keys for one message act upon.
extension Model {
    mutating func select(_ distance: Int, in environment: Environment) -> [Effect] {
        guard !transcript.isEmpty, !isWindowTooSmall else { return [] }
        overlay = nil
        let visible = Frame(self, in: environment).scrollback.visibleIndices
        let current = selected.flatMap { transcript.index(of: $0) }
        let target: Int
        if let current, visible.contains(current) || visible.contains(current + distance) {
            target = current + distance
        } else {
            target = distance < 0 ? visible.upperBound - 1 : visible.lowerBound
        }
        guard target >= 0 else { return scrollPage(-1, in: environment) }  // what is older may be loaded
        guard target < transcript.count else {
            selected = nil
            goToBottom()
            return []
        }
        selected = transcript.line(at: target).id
        reveal(target, in: environment)
        return loadVisibleHole(downwards: distance > 0, in: environment)
    }

    /// Selects the message on which the mouse was pressed; on the one that is selected, no more. In the list it selects a
    /// conversation, and opens the one that is selected.
    mutating func select(at position: Position, in environment: Environment) -> [Effect] {
        guard overlay == nil, !isWindowTooSmall else { return [] }
        let frame = Frame(self, in: environment)
        if peer == nil { return selectConversation(frame.conversation(at: position.row)) }
        guard let index = frame.message(at: position.row) else { return [] }
        let id = transcript.line(at: index).id
        selected = selected == id ? nil : id
        return []
    }

    private mutating func selectConversation(_ index: Int?) -> [Effect] {
        guard let inbox, let index else { return [] }
        if index == inbox.selectedIndex { return open(inbox.selected) }
        self.inbox?.select(at: index)
        return []
    }

    /// Moves the window as little as it takes to show a message.
    mutating func reveal(_ index: Int, in environment: Environment) {
        guard !isWindowTooSmall else { return }
        let layout = Frame(self, in: environment).scrollback
        if let viewport = layout.viewport(showing: index) { self.viewport = viewport }
    }

    /// What can be done with one message is done with this one: the selected one, or else the last.
    private var targetLine: Transcript.Line? {
        if let index = selected.flatMap({ transcript.index(of: $0) }) { return transcript.line(at: index) }
        return transcript.isEmpty ? nil : transcript.line(at: transcript.count - 1)
    }

    /// What was written, as it was written.
    mutating func copyMessage() -> [Effect] {
        guard let line = targetLine else {
            notice = .nothingToCopy
            return []
        }
        return copy(line.text.wire)
    }

    mutating func copy(_ text: String) -> [Effect] {
        notice = .copied(text.count)
        return [.copy(text)]
    }
}
