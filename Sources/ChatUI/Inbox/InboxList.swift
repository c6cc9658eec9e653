import ChatWire
import ClientUpdates

/// The user's conversations, the one with the latest message first, and the selected one.
struct InboxList: Sendable {
    /// Whether the list that is stored on this machine has been loaded.
    private(set) var isLoaded = false
    /// Whether the server's list has been loaded.
    var isComplete = false
    /// Why the server's list could not be loaded.
    var problem: HistoryFailure?
    /// The number of unread messages in all conversations.
    private(set) var unread = 0
    private(set) var filter: InboxFilter?
    private(set) var selected: UserID?
    /// The index in `shown` of the first visible conversation.
    var top = 0

    private var conversations: [UserID: Conversation] = [:]
    /// All conversations, in order.
    private var order: [UserID] = []
    /// The conversations that match the filter, in order.
    private var matching: [UserID] = []

    private struct Conversation: Sendable {
        var entry: InboxEntry
        /// The text that a filter searches.
        var searchableText: String
    }

    /// A higher number from the server is cut to this one.
    private static let maxUnread = 1_000_000

    var count: Int { order.count }
    /// The conversations on the list, in order.
    var shown: [UserID] { filter == nil ? order : matching }
    var selectedIndex: Int? { selected.flatMap { shown.firstIndex(of: $0) } }

    subscript(peer: UserID) -> InboxEntry? { conversations[peer]?.entry }

    /// The number of unread messages in all conversations except this one.
    func unread(except peer: UserID?) -> Int { unread - (peer.flatMap { self[$0] }?.unread ?? 0) }

    /// The next conversation with unread messages, after `peer` and then from the top of the list.
    func nextUnread(after peer: UserID?) -> UserID? {
        let start = peer.flatMap { order.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        return (order[start...] + order[..<start]).first { $0 != peer && (self[$0]?.unread ?? 0) > 0 }
    }
}

// MARK: - What changes

extension InboxList {
    /// Adds or updates conversations. Returns those with a new unread message of the peer.
    mutating func update(with entries: [ConversationList.Entry]) -> [ConversationList.Entry] {
        let news = entries.filter { entry in
            entry.unread > self[entry.peer]?.unread ?? 0 && entry.lastMessage.sender == entry.peer
        }
        put(entries.map(InboxEntry.init))
        return news
    }

    /// Adds conversations that have no messages yet, but a draft or an unsent message. They come first.
    mutating func addWithoutMessages(_ peers: some Sequence<UserID>, of user: UserID, now: Timestamp) {
        let latest = order.first.flatMap { self[$0] }?.recency.cursor
        let entries = peers.filter { $0 != user && self[$0] == nil }.map { peer in
            InboxEntry(peer: peer, recency: ConversationList.Recency(cursor: latest, time: now, peer: peer))
        }
        if !entries.isEmpty { put(entries) }
    }

    private mutating func put(_ entries: [InboxEntry]) {
        isLoaded = true
        let isBulk = entries.count > 8
        for var entry in entries {
            entry.unread = max(0, min(entry.unread, Self.maxUnread))
            let known = self[entry.peer]
            unread += entry.unread - (known?.unread ?? 0)
            if !isBulk, let known { order.remove(at: place(of: known)) }
            conversations[entry.peer] = Conversation(
                entry: entry, searchableText: InboxFilter.searchableText(of: entry))
            if !isBulk { order.insert(entry.peer, at: place(of: entry)) }
        }
        if isBulk {
            order = conversations.values.map(\.entry.recency).sorted(by: ConversationList.Recency.isLater).map(\.peer)
        }
        if !entries.isEmpty { applyFilter() }
    }

    mutating func setFilter(_ text: String) {
        let filter = InboxFilter(text)
        if filter != self.filter {
            self.filter = filter
            applyFilter()
        } else if selectedIndex == nil {
            selected = shown.first ?? selected  // a conversation without messages is not on the list
        }
    }

    private mutating func applyFilter() {
        if let filter {
            matching = order.filter { conversations[$0].map { filter.matches($0.searchableText) } ?? false }
        }
        if selectedIndex == nil { selected = shown.first ?? selected }
    }

    /// The index where an entry is, or belongs.
    private func place(of entry: InboxEntry) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            let isAbove =
                self[order[middle]].map { ConversationList.Recency.isLater($0.recency, entry.recency) } ?? false
            if isAbove { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - The selection

extension InboxList {
    mutating func select(_ peer: UserID?) { selected = peer ?? selected }

    mutating func select(at index: Int) {
        guard !shown.isEmpty else { return }
        selected = shown[max(0, min(shown.count - 1, index))]
    }

    mutating func moveSelection(by distance: Int) { select(at: (selectedIndex ?? 0) + distance) }
}
