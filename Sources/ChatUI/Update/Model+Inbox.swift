import ChatWire
import ClientUpdates

/// The list of conversations and its keys.
extension Model {
    /// Updates the list on the screen after an event: scrolls to the selected conversation.
    mutating func updateInbox(in environment: Environment) {
        guard conversation == nil, !app.isWindowTooSmall else { return }
        let waiting = app.parked.filter { $0.value.waiting(after: app.inbox[$0.key]?.lastMessage) != nil }
        app.inbox.setAnsweredHere(Set(waiting.keys))
        let top = inboxLayout(in: environment).top
        app.inbox.top = top
    }

    /// The text in the input line, unless it is a command. The list is filtered by it.
    var filterText: String {
        guard conversation == nil, case .message(let text) = Submission(draft: app.editor.text) else { return "" }
        return text
    }

    /// Performs an action that means something else in the list than in a conversation. Nil if it does not.
    mutating func performInInbox(_ action: Action, text: String = "", in environment: Environment) -> [Effect]? {
        app.inbox.settle()
        let inbox = app.inbox
        switch action {
        case .send:
            switch Submission(draft: app.editor.text) {
            case .command, .unknownCommand, .commandTakesNoText: return nil
            case .nothing, .message: return meantConversation.map { open($0) } ?? []
            }
        case .rowUp, .selectOlder: app.inbox.moveSelection(by: -1)
        case .rowDown, .selectNewer: app.inbox.moveSelection(by: 1)
        case .pageUp: moveSelection(loadingPages: -1, in: environment)
        case .pageDown: moveSelection(loadingPages: 1, in: environment)
        case .home, .toTop: app.inbox.goToTop()
        case .end, .toBottom: app.inbox.select(at: inbox.shown.count - 1)
        case .conversation(.search): return beginFinding(text)
        case .forward:
            if app.editor.isEmpty { return beginFinding() }
            app.editor.perform(.forwardCharacter)
        case .escape:
            if app.overlay != nil { return nil }
            if app.editor.isEmpty { app.inbox.setView(InboxView()) } else { app.editor.clear() }
        case .conversation(.resend): app.notice = nothingFailedHere(.resend)
        case .conversation(.takeBack): app.notice = nothingFailedHere(.takeBack)
        case .conversation(.discard): app.notice = nothingFailedHere(.discard)
        case .conversation(.searchOlder), .conversation(.searchNewer), .newLine, .editExternally: break
        case .conversation: app.notice = .onlyInConversation
        case .edit, .complete, .deleteOrQuit, .list, .program: return nil
        }
        return []
    }

    /// A failed message is resent, taken back and deleted in its conversation.
    private func nothingFailedHere(_ use: Notice.UseOfFailed) -> Notice {
        app.parked.values.contains { $0.failed != nil } ? .onlyInConversation : .nothingFailed(use)
    }

    private mutating func moveSelection(loadingPages pages: Int, in environment: Environment) {
        let page = inboxLayout(in: environment).page
        app.inbox.moveSelection(by: pages * page)
    }

    func inboxLayout(in environment: Environment) -> InboxLayout {
        InboxLayout(app, height: Frame(self, in: environment).middle.count, in: environment)
    }

    /// Handles a click on a conversation: selects it, or opens it if it is selected.
    mutating func selectConversation(at index: Int) -> [Effect] {
        if index == app.inbox.selectedIndex { return open(app.inbox.selected) }
        app.inbox.select(at: index)
        return []
    }

    /// Takes in changed conversations, and alerts the user to a new message in one that is not open.
    mutating func conversationsChanged(_ entries: [ConversationList.Entry], now: ContinuousClock.Instant) -> [Effect] {
        // The first list that is loaded is not news.
        let isNews = app.inbox.isComplete || app.inbox.problem != nil
        for entry in entries
        where entry.lastMessage.sender == app.user && entry.lastMessage.id != app.inbox[entry.peer]?.lastMessage?.id {
            app.parked[entry.peer]?.sent(entry.lastMessage)
        }
        let open = conversation?.peer
        let inbox = app.inbox
        let news = app.inbox.update(with: entries)
            .first { $0.peer != open && !inbox.flags(of: $0.peer).contains(.muted) }
        guard let news, isNews else { return [] }
        return app.alert(about: news.lastMessage, from: app.displayName(of: InboxEntry(news)), now: now)
    }

    /// Restores the drafts of conversations that have not been opened yet.
    mutating func restoreDrafts(_ drafts: [UserID: Draft], now: Timestamp) {
        for (peer, draft) in drafts where peer != conversation?.peer && app.parked[peer] == nil {
            app.parked[peer] = ParkedConversation(
                draft: Draft(LineEditor.sanitized(draft.text), product: draft.product))
        }
        let user = app.user
        app.inbox.addWithoutMessages(drafts.keys, of: user, now: now)
    }

    /// Restores an unsent message of a conversation that has not been opened yet.
    mutating func restoreUnsent(_ message: Transcript.Pending, to peer: UserID, now: Timestamp) {
        guard peer != conversation?.peer, peer != app.user else { return }
        if app.parked[peer]?.pending.contains(where: { $0.id == message.id }) != true {
            app.parked[peer, default: ParkedConversation()].pending.append(message)
        }
        let user = app.user
        app.inbox.addWithoutMessages([peer], of: user, now: now)
    }
}
