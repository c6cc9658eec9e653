import ChatWire

/// Opening a conversation or the list.
extension Model {
    /// Opens the conversation with a peer, or the list if `newPeer` is nil. The draft stays with the old conversation.
    mutating func open(_ newPeer: UserID?, product: Product? = nil) -> [Effect] {
        let oldPeer = conversation?.peer
        guard newPeer != oldPeer || product != nil else {
            app.overlay = nil
            return []
        }
        let report = reportDraft()
        if let conversation { app.parked[conversation.peer] = conversation.parked(withDraft: app.editor.draft) }
        if let newPeer, let product { app.parked[newPeer, default: ParkedConversation()].chosenProduct = product }
        app.escapeOpensList = true
        var flags: [Effect] = []
        if let newPeer {
            app.inbox.left(for: newPeer)
            if app.inbox[newPeer]?.has(.unread) == true { flags = setFlag(.unread, false, of: newPeer) }
        } else {
            app.inbox.opened(from: oldPeer)
            flags = [.readFlags]
        }
        let parked = newPeer.flatMap { app.parked[$0] }
        app.resetForOpening(draft: parked?.draft ?? "")
        app.finder = nil
        app.unansweredOpens += 1
        conversation = newPeer.map { ConversationScreen(with: $0, in: app) }
        return report + flags + [.open(newPeer)]
    }
}

// MARK: - Keys and commands

extension Model {
    /// Performs `/seller ID`, or `/seller`, which opens the list.
    mutating func openByCommand(_ text: String) -> [Effect] {
        if text.isEmpty { return open(nil) }
        switch NamedConversation(text, isKnown: { app.inbox[$0] != nil || $0 == conversation?.peer }) {
        case .conversation(app.user, _): app.notice = .misused(.ownUserID)
        case .conversation(let peer, let product):
            return open(peer, product: product.isEmpty ? nil : Product(title: UntrustedText(product)))
        case .invalid: app.notice = .misused(.userID)
        case .unknown(let word): app.notice = .misused(.severalWords(word))
        case .ambiguous(let short, let long): app.notice = .misused(.severalIDs(short, long))
        }
        return []
    }

    mutating func openNextUnread() -> [Effect] {
        guard let next = app.inbox.nextUnread(after: conversation?.peer) else {
            app.notice = .noUnread
            return []
        }
        return open(next)
    }

    /// Opens the conversation that the user last saw beside a number.
    mutating func openConversation(_ number: Int) -> [Effect] {
        guard let peer = app.meant?.numbers[number] ?? app.inbox.peer(numbered: number) else {
            app.notice = .noConversation(number)
            return []
        }
        return open(peer)
    }
}
