import ChatWire
import ClientUpdates
import TextSearch

/// The user's conversations, in the order of the list, and the selected one.
struct InboxList: Sendable {
    /// Whether the list that is stored on this machine has been loaded.
    private(set) var isLoaded = false
    /// Whether the server's list has been loaded.
    private(set) var isComplete = false
    /// Why the server's list could not be loaded.
    private(set) var problem: HistoryFailure?
    /// The number of unread messages that the user is told.
    private(set) var unread = 0
    private(set) var filter: InboxFilter?
    private(set) var view = InboxView()
    private(set) var selected: UserID?
    /// Whether the user has left the top of the list. Until then the first conversation is the selected one, whichever
    /// comes there.
    private(set) var isAwayFromTop = false
    /// The index in `shown` of the first visible conversation.
    var top = 0

    private var conversations: [UserID: Conversation] = [:]
    /// All conversations, in order.
    private var order: [UserID] = []
    /// The conversations that the filter and the view let through, in order. Nil if they let all of them through.
    private var matching: [UserID]?
    /// The number of archived conversations.
    private var archived = 0
    /// What is known of conversations that are not on the list yet.
    private var earlyNotes: [UserID: ConversationNotes] = [:]
    private(set) var numbers = InboxNumbers()
    private var namesakes = Namesakes()
    private var isOnScreen: Bool
    /// Whether the user has had the time to look at the numbers. While the list is being loaded at the start, they follow
    /// its order.
    private var isSettled = false
    /// The index in `shown` of the selected conversation when it was last there.
    private var lastSelectedIndex = 0
    /// The conversation that was selected until a view without it was chosen. A view with it selects it again, if the
    /// user has not selected another one meanwhile.
    private var hiddenByView: UserID?

    private struct Conversation: Sendable {
        var entry: InboxEntry
        /// The text that a filter searches.
        var searchableText: FoldedText
    }

    /// A higher number from the server is cut to this one.
    private static let maxUnread = 1_000_000

    /// - Parameter isOnScreen: Whether the program starts with the list.
    init(isOnScreen: Bool = true) { self.isOnScreen = isOnScreen }

    /// The number of conversations among which the filter and the view choose.
    var count: Int {
        switch view.selection {
        case .usual: filter == nil ? order.count - archived : order.count
        case .unanswered, .unread: order.count - archived
        case .archived: archived
        }
    }
    /// Whether there are conversations that the view or the filter hides.
    var hidesSome: Bool { shown.count < order.count }

    /// All conversations, shown or not, in order.
    var all: [UserID] { order }
    /// The conversations on the list, in order.
    var shown: [UserID] { matching ?? order }
    var selectedIndex: Int? { selected.flatMap { shown.firstIndex(of: $0) } }

    subscript(peer: UserID) -> InboxEntry? { conversations[peer]?.entry }

    /// The flags of a conversation, on the list or not.
    func flags(of peer: UserID) -> Set<ConversationFlag> { (self[peer]?.notes ?? earlyNotes[peer])?.flags ?? [] }

    /// The number of unread messages that the user is told, except those of this conversation.
    func unread(except peer: UserID?) -> Int { unread - (peer.flatMap { self[$0] }?.toldUnread ?? 0) }

    /// The next conversation with unread messages, after `peer` and then from the top of the list. It is none of the
    /// muted or archived ones.
    func nextUnread(after peer: UserID?) -> UserID? {
        let start = peer.flatMap { order.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        return (order[start...] + order[..<start]).first { $0 != peer && (self[$0]?.toldUnread ?? 0) > 0 }
    }

    func number(of peer: UserID) -> Int? { numbers.number(of: peer) }

    /// The peer's id in a few characters, if it is needed to tell the peer from others (`Namesakes`).
    func distinction(of peer: UserID, named name: UntrustedText?) -> String? {
        // A peer without a visible name is shown by the whole id.
        guard name?.isVisible == true else { return nil }
        return namesakes.distinction(of: peer, named: name)
    }

    /// The conversation with a number. If the user has never seen the numbers, they are given in the present order, and
    /// are then kept.
    mutating func peer(numbered number: Int) -> UserID? {
        if numbers.isEmpty { numbers.giveAnew(to: shown) }
        return numbers[number]
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
        let latest = conversations.values.map(\.entry.recency).min(by: ConversationList.Recency.isLater)?.cursor
        let entries = peers.filter { $0 != user && self[$0] == nil }.map { peer in
            InboxEntry(peer: peer, recency: ConversationList.Recency(cursor: latest, time: now, peer: peer))
        }
        if !entries.isEmpty { put(entries) }
    }

    /// Takes in what this machine knows beyond the server's list.
    mutating func note(_ notes: [UserID: ConversationNotes]) {
        for (peer, notes) in notes {
            if self[peer] == nil { earlyNotes[peer] = notes } else { change(peer) { $0.notes = notes } }
        }
        changed()
    }

    mutating func set(_ flag: ConversationFlag, _ isSet: Bool, of peer: UserID) {
        var notes = self[peer]?.notes ?? earlyNotes[peer] ?? ConversationNotes()
        if isSet { notes.flags.insert(flag) } else { notes.flags.remove(flag) }
        note([peer: notes])
    }

    /// Notes in which conversations an answer waits to be sent.
    mutating func setAnsweredHere(_ peers: Set<UserID>) {
        let changed = order.filter { self[$0]?.isAnsweredHere != peers.contains($0) }
        if changed.isEmpty { return }
        for peer in changed { change(peer) { $0.isAnsweredHere = peers.contains(peer) } }
        self.changed()
    }

    mutating func serverListLoaded() {
        (isComplete, problem, isSettled) = (true, nil, true)
    }

    mutating func serverListFailed(_ failure: HistoryFailure) { (problem, isSettled) = (failure, true) }

    private mutating func put(_ entries: [InboxEntry]) {
        isLoaded = true
        let isBulk = entries.count > 8
        for var entry in entries {
            entry.unread = max(0, min(entry.unread, Self.maxUnread))
            entry.notes = self[entry.peer]?.notes ?? earlyNotes.removeValue(forKey: entry.peer) ?? entry.notes
            entry.isAnsweredHere = self[entry.peer]?.isAnsweredHere ?? false
            replace(entry, isSorted: !isBulk)
        }
        if isBulk { sort() }
        if !entries.isEmpty { changed() }
    }

    private mutating func change(_ peer: UserID, _ body: (inout InboxEntry) -> Void) {
        guard var entry = self[peer] else { return }
        body(&entry)
        replace(entry, isSorted: true)
    }

    /// Sets an entry. `sort` has to follow if `isSorted` is false.
    private mutating func replace(_ entry: InboxEntry, isSorted: Bool) {
        let known = self[entry.peer]
        unread += entry.toldUnread - (known?.toldUnread ?? 0)
        archived += (entry.has(.archived) ? 1 : 0) - (known?.has(.archived) == true ? 1 : 0)
        namesakes.replace(known, with: entry)
        if isSorted, let known { order.remove(at: place(of: known)) }
        conversations[entry.peer] = Conversation(
            entry: entry, searchableText: InboxFilter.searchableText(of: entry))
        if isSorted { order.insert(entry.peer, at: place(of: entry)) }
    }

    private mutating func sort() {
        let view = view
        order = conversations.values.map(\.entry).sorted { view.precedes($0, $1) }.map(\.peer)
    }

    /// The index where an entry is, or belongs.
    private func place(of entry: InboxEntry) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            let isAbove = self[order[middle]].map { view.precedes($0, entry) } ?? false
            if isAbove { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - What is shown

extension InboxList {
    /// The list is shown in place of a conversation.
    mutating func opened(from peer: UserID?) {
        isOnScreen = true
        selected = peer ?? selected
        applyFilter()
        isAwayFromTop = (selectedIndex ?? 0) > 0
        numbers.giveAnew(to: shown)
    }

    /// A conversation is shown in place of the list.
    mutating func left(for peer: UserID) {
        isOnScreen = false
        isSettled = true
        (selected, hiddenByView) = (peer, nil)
    }

    /// The user goes to the top of the list.
    mutating func goToTop() {
        select(at: 0)
        numbers.giveAnew(to: shown)
    }

    /// The user has pressed a key in the list.
    mutating func settle() { isSettled = true }

    mutating func setFilter(_ text: String) {
        let filter = InboxFilter(text)
        if filter != self.filter {
            self.filter = filter
            lastSelectedIndex = 0  // the best match, unless the selected one matches, too
            showOthers()
            isAwayFromTop = (selectedIndex ?? 0) > 0
        } else if selectedIndex == nil {
            keepSelection()  // a conversation without messages is not on the list
        }
    }

    mutating func setView(_ view: InboxView) {
        if view == self.view { return }
        let wanted = hiddenByView ?? selected
        // Who has not left the top wants to see who is first in the new order.
        let staysAtTop = !isAwayFromTop && view.isLongestWaitingFirst != self.view.isLongestWaitingFirst
        self.view = view
        sort()
        showOthers()
        if let index = wanted.flatMap({ shown.firstIndex(of: $0) }), !staysAtTop {
            select(at: index)
        } else {
            select(at: 0)
            hiddenByView = wanted.flatMap { shown.contains($0) ? nil : $0 }
        }
    }

    /// Rows in sight that have no number get those of conversations that are out of sight.
    mutating func giveNumbers(toVisible visible: some Collection<UserID>) { numbers.give(toVisible: visible) }

    /// Shows other conversations, or another order, because the user wanted it.
    private mutating func showOthers() {
        applyFilter()
        if isOnScreen { numbers.giveAnew(to: shown) }
    }

    /// Shows what has changed without the user.
    private mutating func changed() {
        let rowsAbove = lastSelectedIndex - top
        applyFilter()
        if isOnScreen {
            if isSettled { numbers.giveFreeOnes(to: shown) } else { numbers.giveAnew(to: shown) }
            if !isAwayFromTop, let first = shown.first { (selected, lastSelectedIndex) = (first, 0) }
        }
        // The visible part stays with the conversations that it shows.
        if isAwayFromTop, top > 0, let selectedIndex { top = max(0, selectedIndex - rowsAbove) }
    }

    private mutating func applyFilter() {
        if filter == nil, view.selection == .usual, archived == 0 {
            matching = nil
        } else {
            let inView = order.compactMap { conversations[$0] }
                .filter { view.includes($0.entry, findsArchived: filter != nil) }
            matching = (filter?.matching(of: inView, text: \.searchableText) ?? inView).map(\.entry.peer)
        }
        keepSelection()
    }

    /// If the selected conversation is not shown any more, the one in its place is selected.
    private mutating func keepSelection() {
        guard isOnScreen else { return }
        if let selectedIndex {
            lastSelectedIndex = selectedIndex
        } else if !shown.isEmpty {
            lastSelectedIndex = max(0, min(lastSelectedIndex, shown.count - 1))
            selected = shown[lastSelectedIndex]
        }
    }
}

// MARK: - The selection

extension InboxList {
    /// Selects the conversation at an index of `shown`, or the nearest one.
    mutating func select(at index: Int) {
        guard !shown.isEmpty else { return }
        hiddenByView = nil
        lastSelectedIndex = max(0, min(shown.count - 1, index))
        selected = shown[lastSelectedIndex]
        isAwayFromTop = lastSelectedIndex > 0
    }

    mutating func moveSelection(by distance: Int) { select(at: (selectedIndex ?? 0) + distance) }
}
