import ChatWire
import ClientUpdates

/// The user's conversations, the one with the latest message first, and which of them is selected.
struct InboxList: Sendable {
    /// What this machine has of them was told.
    private(set) var isKnown = false
    /// The server's list is in, too.
    var isComplete = false
    /// Why it is not.
    var problem: HistoryFailure?
    /// How many messages of all conversations are unread.
    private(set) var unread = 0
    private(set) var filter: InboxFilter?
    private(set) var selected: UserID?
    /// The first conversation in the window, among those that are shown.
    var top = 0

    private var conversations: [UserID: Conversation] = [:]
    /// All of them in order.
    private var order: [UserID] = []
    /// Those that the filter finds.
    private var found: [UserID] = []

    private struct Conversation: Sendable {
        var entry: ConversationList.Entry
        /// What a filter looks into.
        var searched: String
    }

    /// So much of a server's word is believed.
    private static let mostUnread = 1_000_000

    var count: Int { order.count }
    /// Those on the list, in order.
    var shown: [UserID] { filter == nil ? order : found }
    var selectedIndex: Int? { selected.flatMap { shown.firstIndex(of: $0) } }

    subscript(peer: UserID) -> ConversationList.Entry? { conversations[peer]?.entry }

    /// How many messages are unread in others than this one.
    func unread(besides peer: UserID?) -> Int { unread - (peer.flatMap { self[$0] }?.unread ?? 0) }

    /// The next conversation with unread messages down the list and then from its top, beginning behind one of them.
    func nextUnread(after peer: UserID?) -> UserID? {
        let start = peer.flatMap { order.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        return (order[start...] + order[..<start]).first { $0 != peer && (self[$0]?.unread ?? 0) > 0 }
    }
}

// MARK: - What changes

extension InboxList {
    /// Takes in conversations as they are now. Returns those in which the other one wrote something that is unread.
    mutating func take(_ entries: [ConversationList.Entry]) -> [ConversationList.Entry] {
        isKnown = true
        let isBulk = entries.count > 8
        var news: [ConversationList.Entry] = []
        for var entry in entries {
            entry.unread = max(0, min(entry.unread, Self.mostUnread))
            let known = self[entry.peer]
            if entry.unread > known?.unread ?? 0, entry.lastMessage.sender == entry.peer { news.append(entry) }
            unread += entry.unread - (known?.unread ?? 0)
            if !isBulk, let known { order.remove(at: place(of: known)) }
            conversations[entry.peer] = Conversation(entry: entry, searched: InboxFilter.searched(entry))
            if !isBulk { order.insert(entry.peer, at: place(of: entry)) }
        }
        if isBulk { order = conversations.values.map(\.entry).sorted(by: ConversationList.Entry.isLater).map(\.peer) }
        if !entries.isEmpty { applyFilter() }
        return news
    }

    /// Lists conversations that have no messages yet, but something that the user wrote. They come first.
    mutating func listWithoutMessages(_ peers: some Sequence<UserID>, of user: UserID, now: Timestamp) {
        let latest = order.first.flatMap { self[$0] }?.lastMessage.cursor
        let entries = peers.filter { $0 != user && self[$0] == nil }.map { peer in
            var nothing = Message(id: "", sender: user, receiver: peer, text: "", createdAt: now)
            nothing.cursor = latest
            return ConversationList.Entry(peer: peer, lastMessage: nothing, unread: 0)
        }
        if !entries.isEmpty { _ = take(entries) }
    }

    mutating func setFilter(_ text: String) {
        let filter = InboxFilter(text)
        if filter != self.filter {
            self.filter = filter
            applyFilter()
        } else if selectedIndex == nil {
            selected = shown.first ?? selected  // it has no messages, and so is not on the list
        }
    }

    private mutating func applyFilter() {
        if let filter {
            found = order.filter { conversations[$0].map { filter.matches($0.searched) } ?? false }
        }
        if selectedIndex == nil { selected = shown.first ?? selected }
    }

    /// Where it stands, or belongs.
    private func place(of entry: ConversationList.Entry) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            let isAbove = self[order[middle]].map { ConversationList.Entry.isLater($0, entry) } ?? false
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
