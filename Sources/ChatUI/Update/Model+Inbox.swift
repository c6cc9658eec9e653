import ChatWire

/// The list of conversations, and what keys do in it.
extension Model {
    /// After a key: what is typed filters the list, and the selected conversation is in the window.
    mutating func settleInbox(in environment: Environment) {
        let text = filterText
        app.inbox?.setFilter(text)
        guard conversation == nil, !app.isWindowTooSmall else { return }
        let top = inboxLayout(in: environment).top
        app.inbox?.top = top
    }

    /// What the input line filters the list by: a text that is no command.
    private var filterText: String {
        guard conversation == nil, case .message(let text) = Submission(draft: app.editor.text) else { return "" }
        return text
    }

    /// Does what a key or a command stands for in the list, and not in a conversation. Nil: it stands for the same there.
    mutating func actInInbox(_ action: Action, text: String = "", in environment: Environment) -> [Effect]? {
        guard let inbox = app.inbox else { return nil }
        switch action {
        case .send:
            switch Submission(draft: app.editor.text) {
            case .command, .unknownCommand, .wordyCommand: return nil
            case .nothing, .message: return inbox.selectedIndex == nil ? [] : open(inbox.selected)
            }
        case .rowUp, .selectOlder: app.inbox?.moveSelection(by: -1)
        case .rowDown, .selectNewer: app.inbox?.moveSelection(by: 1)
        case .pageUp: moveSelection(byPages: -1, in: environment)
        case .pageDown: moveSelection(byPages: 1, in: environment)
        case .home, .toTop: app.inbox?.select(at: 0)
        case .end, .toBottom: app.inbox?.select(at: inbox.shown.count - 1)
        case .search: app.editor.replaceAll(with: text)
        case .forward: app.editor.perform(.forwardCharacter)
        case .escape:
            if app.overlay != nil { return nil }
            app.editor.clear()
        case .copy, .links, .block, .unblock: app.notice = .onlyInConversation
        case .resend, .discard: app.notice = .nothingToResend
        case .newLine, .editExternally, .searchOlder, .searchNewer: break
        case .edit, .complete, .deleteOrQuit, .reconnect, .inbox, .nextUnread, .conversation, .help, .redraw, .suspend,
            .interrupt, .quit:
            return nil
        }
        return []
    }

    private mutating func moveSelection(byPages pages: Int, in environment: Environment) {
        let page = inboxLayout(in: environment).page
        app.inbox?.moveSelection(by: pages * page)
    }

    private func inboxLayout(in environment: Environment) -> InboxLayout {
        InboxLayout(app, height: Frame(self, in: environment).middle.count, in: environment)
    }

    /// Selects the conversation on which the mouse was pressed, and opens the one that is selected.
    mutating func selectConversation(at index: Int) -> [Effect] {
        if index == app.inbox?.selectedIndex { return open(app.inbox?.selected) }
        app.inbox?.select(at: index)
        return []
    }

    /// Conversations changed. Of what is new in one that is not on the screen, the user is told.
    mutating func conversationsChanged(_ entries: [ConversationList.Entry], now: ContinuousClock.Instant) -> [Effect] {
        // What the list begins with is not news.
        let isNews = app.inbox?.isComplete == true || app.inbox?.problem != nil
        for entry in entries
        where entry.lastMessage.sender == app.user && entry.lastMessage.id != app.inbox?[entry.peer]?.lastMessage.id {
            app.parked[entry.peer]?.sent(entry.lastMessage)
        }
        let open = conversation?.peer
        guard let news = app.inbox?.take(entries).first(where: { $0.peer != open }), isNews else { return [] }
        return app.alert(of: news.lastMessage, from: app.shownName(of: news), now: now)
    }

    /// The drafts of conversations that were not on the screen yet.
    mutating func restoreDrafts(_ drafts: [UserID: String], now: Timestamp) {
        for (peer, draft) in drafts where peer != conversation?.peer && app.parked[peer] == nil {
            app.parked[peer] = ParkedConversation(draft: LineEditor.cleaned(draft))
        }
        let user = app.user
        app.inbox?.listWithoutMessages(drafts.keys, of: user, now: now)
    }

    /// A message that was left unsent in a conversation that was not on the screen yet.
    mutating func restoreUnsent(_ message: Transcript.Pending, to peer: UserID, now: Timestamp) {
        guard peer != conversation?.peer, peer != app.user else { return }
        if app.parked[peer]?.pending.contains(where: { $0.id == message.id }) != true {
            app.parked[peer, default: ParkedConversation()].pending.append(message)
        }
        let user = app.user
        app.inbox?.listWithoutMessages([peer], of: user, now: now)
    }
}
