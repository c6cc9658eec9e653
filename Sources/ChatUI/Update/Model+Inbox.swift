import ChatWire

/// The list of conversations, and what keys do in it.
extension Model {
    /// In all conversations but the one on the screen.
    var unreadElsewhere: Int { inbox?.unread(besides: peer) ?? 0 }

    /// What the input line filters the list by: a text that is no command.
    private var filterText: String {
        guard peer == nil, case .message(let text) = Submission(draft: editor.text) else { return "" }
        return text
    }

    /// After a key: what is typed filters the list, and the selected conversation is in the window.
    mutating func settleInbox(in environment: Environment) {
        let text = filterText
        inbox?.setFilter(text)
        guard peer == nil, !isWindowTooSmall else { return }
        let top = Frame(self, in: environment).inbox.top
        inbox?.top = top
    }

    /// What keys do here that do something else in a conversation. Nil: this one does the same.
    mutating func actInInbox(_ action: Action, _ text: String, in environment: Environment) -> [Effect]? {
        guard peer == nil, let inbox else { return nil }
        switch action {
        case .send:
            switch Submission(draft: editor.text) {
            case .command, .unknownCommand, .wordyCommand: return nil
            case .nothing, .message: return inbox.selectedIndex == nil ? [] : open(inbox.selected)
            }
        case .rowUp, .selectOlder: self.inbox?.moveSelection(by: -1)
        case .rowDown, .selectNewer: self.inbox?.moveSelection(by: 1)
        case .pageUp: moveSelection(byPages: -1, in: environment)
        case .pageDown: moveSelection(byPages: 1, in: environment)
        case .home, .toTop: self.inbox?.select(at: 0)
        case .end, .toBottom: self.inbox?.select(at: inbox.shown.count - 1)
        case .search: editor.replaceAll(with: text)
        case .forward: editor.perform(.forwardCharacter)
        case .escape:
            if overlay != nil { return nil }
            editor.clear()
        case .copy, .links, .block, .unblock: notice = .onlyInConversation
        case .newLine, .editExternally, .searchOlder, .searchNewer: break
        default: return nil
        }
        return []
    }

    private mutating func moveSelection(byPages pages: Int, in environment: Environment) {
        let page = Frame(self, in: environment).inbox.page
        inbox?.moveSelection(by: pages * page)
    }

    /// Conversations that changed. Of what is new in one that is not on the screen, the user is told.
    mutating func conversationsChanged(_ entries: [ConversationList.Entry], now: ContinuousClock.Instant) -> [Effect] {
        // What the list begins with is not news.
        let isNews = inbox?.isComplete == true || inbox?.problem != nil
        for entry in entries
        where entry.lastMessage.sender == user && entry.lastMessage.id != inbox?[entry.peer]?.lastMessage.id {
            parked[entry.peer]?.sent(entry.lastMessage)
        }
        guard let news = inbox?.take(entries).first(where: { $0.peer != peer }), isNews else { return [] }
        return alert(of: news.lastMessage, from: shownName(of: news), now: now)
    }

    /// Of conversations that were not on the screen yet.
    mutating func restoreDrafts(_ drafts: [UserID: String], now: Timestamp) {
        for (peer, draft) in drafts where peer != self.peer && parked[peer] == nil {
            let draft = LineEditor.cleaned(draft)
            parked[peer] = ParkedConversation(draft: draft)
        }
        let user = user
        inbox?.listWithoutMessages(drafts.keys, of: user, now: now)
    }

    /// Of those, too.
    mutating func restoreUnsent(_ message: Transcript.Pending, to peer: UserID, now: Timestamp) {
        guard peer != self.peer, peer != user else { return }
        if parked[peer]?.pending.contains(where: { $0.id == message.id }) != true {
            parked[peer, default: ParkedConversation()].pending.append(message)
        }
        let user = user
        inbox?.listWithoutMessages([peer], of: user, now: now)
    }

    mutating func conversationsComplete() {
        inbox?.isComplete = true
        inbox?.problem = nil
    }

    func shownName(of entry: ConversationList.Entry) -> String {
        Self.shownName(entry.peer, parked[entry.peer]?.givenName ?? entry.peerName)
    }
}
