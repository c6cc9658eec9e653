import ChatWire

/// What waits for the disk, and what may happen only once it is there.
///
/// One transaction is under way at a time; all that comes meanwhile makes the next. So a single message waits for nobody,
/// and ten thousand missed ones cost a few transactions.
struct SaveQueue: Sendable {
    /// What follows a change.
    enum FollowUp: Sendable, Hashable {
        /// About the open conversation.
        case update(Update)
        /// The list of conversations may tell of it.
        case list(Inbox.Change)
        /// The conversation that was opened is read from the disk, now that all is there that was to be stored before.
        case load(UserID, opening: Int)
        /// So is the list of conversations.
        case loadInbox
        /// Of the open conversation nothing is missed any more, if this connection still stands. `isWhole`: nor is anything
        /// missing of its past.
        case caughtUp(link: Int, isWhole: Bool)
        /// A message written here is on disk now.
        case saved(id: ClientMessageID)
        /// A message goes to this connection, if it still stands.
        case transmit(id: ClientMessageID, link: Int)
        /// The server may be told that the feed is here up to this cursor.
        case acknowledge(cursor: Int, link: Int)
    }

    struct Entry: Sendable, Hashable {
        var change: StoreChange?
        var followUps: [FollowUp]
    }

    private var waiting: [Entry] = []
    private var underWay: [Entry]?
    /// How many of those that wait were refused before.
    private var refused = 0

    /// Something waits that the disk was not asked for yet.
    var hasNew: Bool { waiting.count > refused }
    var isEmpty: Bool { waiting.isEmpty && underWay == nil }

    mutating func append(_ change: StoreChange?, then followUps: FollowUp...) {
        waiting.append(Entry(change: change, followUps: followUps))
    }

    /// Another conversation is open now: nothing is to be told of the one before.
    mutating func forgetUpdates() {
        for index in waiting.indices { waiting[index].followUps.removeAll(where: \.isOfOpenConversation) }
        for index in (underWay ?? []).indices { underWay?[index].followUps.removeAll(where: \.isOfOpenConversation) }
    }

    /// Whether an unsent message is about to go from the disk.
    func removesUnsent(_ id: ClientMessageID) -> Bool {
        (waiting + (underWay ?? [])).contains { $0.change == .removeUnsent(id: id) }
    }

    /// The draft that the disk is about to get.
    func draft(to peer: UserID) -> String? {
        for entry in ((underWay ?? []) + waiting).reversed() {
            if case .draft(let text, peer) = entry.change { return text }
        }
        return nil
    }

    /// The next transaction, unless one is under way or there is nothing to save.
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

    /// What the disk refused. What was written here goes back to its writer; what others wrote, and the feed's position,
    /// stay in the queue in their order, since a later position without them would leave a hole.
    mutating func failed() -> [Entry] {
        defer { underWay = nil }
        let entries = underWay ?? []
        let kept = entries.filter { entry in
            switch entry.change {
            case .enqueue, .draft, nil: false
            case .setState, .removeUnsent, .disown, .message, .page, .advance, .restart, .mark, .profile: true
            }
        }
        // They are shown already, or are now; what remains to be done after the disk has them is to tell the server.
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
        case .list, .loadInbox, .saved, .transmit, .acknowledge: false
        }
    }

    fileprivate var needsDisk: Bool {
        switch self {
        case .acknowledge, .transmit: true
        case .update, .list, .load, .loadInbox, .caughtUp, .saved: false
        }
    }
}
