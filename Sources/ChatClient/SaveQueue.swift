import ChatWire

/// The changes that wait for the disk, and what follows once they are stored.
///
/// One transaction runs at a time. All changes that come meanwhile are in the next one. So a single message is stored
/// at once, and ten thousand missed ones need only a few transactions.
struct SaveQueue: Sendable {
    /// What follows a stored change.
    enum FollowUp: Sendable, Hashable {
        /// An update about the open conversation.
        case update(Update)
        /// A change of the list of conversations.
        case list(Inbox.Change)
        /// Load the conversation that was opened. Everything queued before is stored by then.
        case load(UserID, opening: Int)
        /// Load the list of conversations.
        case loadInbox
        /// The open conversation is complete, if this link is still present. `isWhole`: nothing of its past is missing
        /// either.
        case caughtUp(link: Int, isWhole: Bool)
        /// A message written here is on the disk now.
        case saved(id: ClientMessageID)
        /// Send a message on this link, if it is still present.
        case transmit(id: ClientMessageID, link: Int)
        /// Tell the program that history which was missing is stored.
        case fetched
        /// Acknowledge the feed up to this cursor to the server.
        case acknowledge(cursor: Int, link: Int)
    }

    struct Entry: Sendable, Hashable {
        var change: StoreChange?
        var followUps: [FollowUp]
        /// Whether the change can be requested from the server again. Then it is dropped if the disk refuses it.
        var isFetchable = false
    }

    private var waiting: [Entry] = []
    private var underWay: [Entry]?
    /// How many of the waiting entries were refused before.
    private var refused = 0

    /// Whether there are entries that were not tried yet.
    var hasNew: Bool { waiting.count > refused }
    var isEmpty: Bool { waiting.isEmpty && underWay == nil }

    /// - Parameter isFetchable: Whether the server can be asked for the change again.
    mutating func append(_ change: StoreChange?, isFetchable: Bool = false, then followUps: FollowUp...) {
        waiting.append(Entry(change: change, followUps: followUps, isFetchable: isFetchable))
    }

    /// The drafts of the running transaction, by receiver.
    var draftsUnderWay: [(peer: UserID, draft: Draft)] {
        (underWay ?? []).compactMap { if case .draft(let draft, let peer) = $0.change { (peer, draft) } else { nil } }
    }

    /// Drops what the server can be asked for again from the transaction that was refused. The rest is tried once more.
    /// - Returns: whether there was anything to drop.
    mutating func dropFetched() -> Bool {
        guard let entries = underWay, entries.contains(where: \.isFetchable) else { return false }
        underWay = nil
        waiting = entries.filter { !$0.isFetchable } + waiting.filter { !$0.isFetchable }
        refused = 0
        return true
    }

    /// Drops the updates about the previous conversation after another one was opened.
    mutating func forgetUpdates() {
        for index in waiting.indices { waiting[index].followUps.removeAll(where: \.isOfOpenConversation) }
        for index in (underWay ?? []).indices { underWay?[index].followUps.removeAll(where: \.isOfOpenConversation) }
    }

    /// Whether an unsent message is about to be removed from the disk.
    func removesUnsent(_ id: ClientMessageID) -> Bool {
        (waiting + (underWay ?? [])).contains { $0.change == .removeUnsent(id: id) }
    }

    /// Whether flags are about to be stored.
    var changesFlags: Bool {
        (waiting + (underWay ?? [])).contains { if case .flag = $0.change { true } else { false } }
    }

    /// The draft that is about to be stored.
    func draft(to peer: UserID) -> Draft? {
        for entry in ((underWay ?? []) + waiting).reversed() {
            if case .draft(let draft, peer) = entry.change { return draft }
        }
        return nil
    }

    /// Begins the next transaction. Nil if one is running or nothing waits.
    mutating func begin() -> [StoreChange]? {
        guard underWay == nil, !waiting.isEmpty else { return nil }
        underWay = waiting
        waiting = []
        refused = 0
        return underWay?.compactMap(\.change)
    }

    mutating func succeeded() -> [FollowUp] {
        defer { underWay = nil }
        return underWay?.flatMap(\.followUps) ?? []
    }

    /// The transaction was refused. What was written here goes back to its author. Messages of others and the feed's
    /// position stay in the queue in their order, since a later position without them would leave a gap.
    /// - Returns: the refused entries.
    mutating func failed() -> [Entry] {
        defer { underWay = nil }
        let entries = underWay ?? []
        let kept = entries.filter { entry in
            switch entry.change {
            case .enqueue, .draft, nil: false
            case .setState, .removeUnsent, .disown, .message, .page, .beginning, .advance, .restart, .listLoaded, .mark,
                .profile,
                .flag:
                true
            }
        }
        // The updates are shown although storing failed. Only what the server is told has to wait for the disk.
        waiting.insert(
            contentsOf: kept.map { entry in
                Entry(change: entry.change, followUps: entry.followUps.filter(\.needsDisk))
            }, at: 0)
        refused = kept.count
        return entries
    }
}

extension SaveQueue.FollowUp {
    fileprivate var isOfOpenConversation: Bool {
        switch self {
        case .update, .load, .caughtUp: true
        case .list, .loadInbox, .saved, .transmit, .fetched, .acknowledge: false
        }
    }

    fileprivate var needsDisk: Bool {
        switch self {
        case .acknowledge, .transmit: true
        case .update, .list, .load, .loadInbox, .caughtUp, .saved, .fetched: false
        }
    }
}
