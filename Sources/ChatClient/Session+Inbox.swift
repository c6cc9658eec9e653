import ChatWire

// The list of conversations. It is fetched once the feed is live, and then kept up to date by the feed.

extension Session {
    /// The maximum number of conversations in the list. It is also the server's maximum.
    static let maxConversations = 200

    private static let maxInboxDelay: Duration = .seconds(30)

    /// Changes the list once the queued changes before are stored.
    mutating func list(_ change: Inbox.Change) {
        if inbox != nil { saves.append(nil, then: .list(change)) }
    }

    mutating func fetchConversations(_ now: Moment, marked: Set<UserID> = []) -> [Effect] {
        guard inbox != nil, link.feed == .live else { return [] }
        inbox?.listRequested(marked: marked)
        link.readsBeforeList = unconfirmedReads
        return [.fetchConversations(link: linkNumber)]
    }

    /// Protocol 1 has no list of conversations.
    func listUnavailable() -> [Effect] {
        inbox == nil ? [] : [.update(.conversationsUnavailable(.notProvided))]
    }

    mutating func receiveConversations(
        _ result: Result<ConversationList, HistoryFailure>, _ now: Moment
    ) -> [Effect] {
        guard link.feed == .live else { return [] }
        switch result {
        case .success(let list):
            let log: [Effect] = list.unreadable > 0 ? [.log(.badRows(list.unreadable))] : []
            merge(list.conversations)
            saves.append(.listLoaded)
            for (peer, id) in link.readsBeforeList
            where unconfirmedReads[peer] == id
                && list.conversations.contains(where: { $0.peer == peer && $0.unread == 0 && !$0.isBlocked })
            {
                unconfirmedReads[peer] = nil
            }
            if inbox?.isUncertain == false { inbox?.attempts = 0 }
            fetchMissing(now)
            return log + reportList(now) + [.update(.conversationsComplete)]
        case .failure(let failure):
            if failure != .notProvided { askAgain(now) }
            return [.update(.conversationsUnavailable(failure))]
        }
    }

    /// Reports the changed entries of the list.
    mutating func reportList(_ now: Moment) -> [Effect] {
        if let inbox, inbox.isUncertain || inbox.hasUnnamedPeer, link.feed == .live { askAgain(now) }
        for change in inbox?.takeBroughtBack() ?? [] { saves.append(change) }
        let notes = reportNotes()
        guard let changes = inbox?.takeChanges(), !changes.isEmpty else { return notes }
        return notes + [.update(.conversations(changes))]
    }

    mutating func reportNotes() -> [Effect] {
        guard let notes = inbox?.takeNotes(), !notes.isEmpty else { return [] }
        return [.update(.conversationNotes(notes))]
    }

    mutating func setFlag(_ flag: ConversationFlag, _ isSet: Bool, of peer: UserID) -> [Effect] {
        if let change = inbox?.set(flag, isSet, of: peer) { saves.append(change) }
        return reportNotes()
    }

    /// Reads the flags again. If the stored list could not be read, all of it is.
    mutating func readFlags() -> [Effect] {
        guard inbox != nil else { return [] }
        switch disk.inbox {
        case .loaded: return [.readFlags]
        case .first, .again: return []
        case .failed:
            disk.inbox = .again
            saves.append(nil, then: .loadInbox)
            return []
        }
    }

    /// Other windows may have changed the flags. What is not stored yet was changed here, and is newer.
    mutating func flagsRead(_ result: Result<[UserID: StoredFlags], StoreFailure>) -> [Effect] {
        guard case .success(let flags) = result, !saves.changesFlags else { return [] }
        inbox?.restore(flags)
        for change in inbox?.takeBroughtBack() ?? [] { saves.append(change) }
        return reportNotes()
    }

    private mutating func askAgain(_ now: Moment) {
        guard let attempts = inbox?.attempts, link.deadlines[.inbox] == nil else { return }
        link.deadlines[.inbox] = now.instant + min(.seconds(1 << min(attempts, 5)), Self.maxInboxDelay)
        inbox?.attempts += 1
    }

    /// Merges the server's list, and stores what is new in it, so that it is available offline.
    private mutating func merge(_ list: [ConversationList.Entry]) {
        guard let fresh = inbox?.merge(list) else { return }
        for entry in fresh.named where entry.peerName != nil || entry.product != nil {
            saves.append(.profile(name: entry.peerName, product: entry.product, peer: entry.peer))
        }
        for message in fresh.new {
            let peer = message.peer(of: user)
            saves.append(
                .page([StoredMessage(message: message, cursor: message.cursor)], peer: peer, hasOlder: true))
        }
    }
}
