import ChatWire
import TextSearch

/// The content of a `ConversationStore` as a value. A copy is what a disk would hold at that moment.
///
/// Windows are numbered in the order of opening. What a closed window owned is adopted by the next window that asks for
/// it.
public struct ConversationLedger: Sendable {
    public typealias Window = Int

    public let user: UserID
    private var feed = StoredFeed()
    var position: FeedPosition? { feed.position }
    private var conversations: [UserID: LedgerConversation] = [:]
    /// `window` is nil if the message belongs to no window.
    private(set) var unsent: [(window: Window?, message: UnsentMessage)] = []
    /// In the order of their last change.
    private var drafts: [(window: Window, peer: UserID, draft: Draft)] = []
    /// The flags of all conversations that have any.
    public private(set) var flags: [UserID: StoredFlags] = [:]
    private var openWindows: Set<Window> = []
    private var lastWindow: Window = 0
    private var arrivals: Int64 = 0

    public init(user: UserID) {
        self.user = user
    }

    // MARK: - Windows

    public mutating func openWindow() -> Window {
        lastWindow += 1
        openWindows.insert(lastWindow)
        return lastWindow
    }

    public mutating func closeWindow(_ window: Window) {
        openWindows.remove(window)
    }

    /// Closes all windows.
    public mutating func crash() {
        openWindows = []
    }

    // MARK: - The calls of a store

    /// - Parameters:
    ///   - peer: The other user of the conversation.
    ///   - limit: The maximum number of messages.
    ///   - window: The window that opens the conversation.
    ///   - isFull: Whether the disk is full. Nothing can be changed then, so nothing is adopted.
    public mutating func load(peer: UserID, limit: Int, window: Window, isFull: Bool = false) -> StoredState {
        if !isFull {
            _ = adopt(window: window) { $0.receiver == peer }
            adoptDraft(for: peer, window: window)
        }
        let conversation = conversations[peer] ?? LedgerConversation()
        return StoredState(
            position: position, newest: conversation.page(before: nil, limit: limit),
            reachesFeed: conversation.isJoined,
            unsent: unsent.filter { $0.window == window && $0.message.receiver == peer }.map(\.message),
            isAdoptionPending: unsent.contains { isClosed($0.window, for: window) && $0.message.receiver == peer },
            draft: drafts.last { $0.window == window && $0.peer == peer }?.draft,
            marks: conversation.marks, peerName: conversation.peerName, product: conversation.product,
            products: conversation.products)
    }

    public mutating func apply(_ changes: [StoreChange], window: Window) {
        var paged: Set<UserID> = []
        // Messages before the `restart` in the list belong to the new feed, too.
        if feed.position.map({ changes.beginsAnotherFeed(than: $0) }) ?? false { feed.startsAfter = arrivals }
        for change in changes {
            switch change {
            case .enqueue(let message): enqueue(message, window)
            case .setState(let state, let id): setState(state, of: id)
            case .disown(let id): disown(id)
            case .removeUnsent(let id): unsent.removeAll { $0.message.id == id }
            case .message(let stored): receive(stored)
            case .page(let run, let peer, let hasOlder): join(run, peer, hasOlder, &paged)
            case .beginning(let messageID, let peer): conversations[peer]?.begin(with: messageID)
            case .advance(let position): advance(to: position)
            case .restart(let position): restart(at: position, joined: paged)
            case .listLoaded: break  // only commands that read the disk ask
            case .mark(let mark, let peer): move(mark, peer)
            case .draft(let draft, let peer): setDraft(draft, peer, window)
            case .profile(let name, let product, let peer): setProfile(name, product, peer)
            case .flag(let flag, let isSet, let peer, let last):
                flags[peer, default: StoredFlags()].set(flag, isSet, last: last)
                if flags[peer]?.flags.isEmpty == true { flags[peer] = nil }
            }
        }
    }

    public func page(of peer: UserID, before messageID: MessageID?, limit: Int) -> StoredPage {
        conversations[peer]?.page(before: messageID, limit: limit) ?? StoredPage()
    }

    public func inbox(limit: Int, window: Window) -> StoredInbox {
        let stored = conversations.compactMap { $0.value.listEntry(of: user, peer: $0.key, feed) }
        let latest = stored.sorted { one, other in
            let isPinned = [one, other].map { flags[$0.entry.peer]?.flags.contains(.pinned) == true }
            return isPinned[0] == isPinned[1] ? ConversationList.Entry.isLater(one.entry, other.entry) : isPinned[0]
        }
        let left = drafts.filter { isClosed($0.window, for: window) }
        var shown = Dictionary(grouping: left, by: \.peer).mapValues { Draft.joined($0.map(\.draft)) }
        for draft in drafts where draft.window == window { shown[draft.peer] = draft.draft }
        let unsent = unsent.filter { $0.window == window || isClosed($0.window, for: window) }.map(\.message)
        return StoredInbox(
            position: position, conversations: Array(latest.prefix(max(0, limit))), drafts: shown, unsent: unsent,
            flags: flags)
    }

    public func run(of peer: UserID, after messageID: MessageID?, limit: Int) -> StoredRun {
        conversations[peer]?.run(after: messageID, limit: limit) ?? StoredRun()
    }

    public func run(of peer: UserID, around messageID: MessageID, limit: Int) -> StoredRun {
        conversations[peer]?.run(around: messageID, limit: limit) ?? StoredRun()
    }

    public func search(_ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int) -> StoredMatches {
        conversations[peer]?.search(query, after: messageID, limit: limit) ?? StoredMatches()
    }

    public func first(of peer: UserID, since time: Timestamp) -> MessageID? {
        conversations[peer]?.first(since: time)
    }

    public func gap(except skipped: Set<MessageID>) -> StoredGap? {
        let latest = conversations.compactMap { peer, conversation in
            conversation.latestGap(except: skipped).map { (peer: peer, place: $0.place, id: $0.id) }
        }.max { ($0.place.orderedAt, $0.peer.wire) < ($1.place.orderedAt, $1.peer.wire) }
        return latest.map { gap in
            let pageEnd = conversations[gap.peer]?.pageEnd(ofGapBefore: gap.id, at: gap.place, feed)
            return StoredGap(peer: gap.peer, before: gap.id, pageEnd: pageEnd)
        }
    }

    public func find(_ query: WordQuery, before place: Int64?, limit: Int) -> FoundPage {
        let found = conversations.flatMap { peer, conversation in
            conversation.find(query).map { stored in
                FoundMessage(
                    message: stored.message, peer: peer, peerName: conversation.peerName,
                    product: stored.product.map(conversation.titled))
            }
        }.sorted { $0.message.createdAt > $1.message.createdAt }
        // A place is the number of messages before it.
        let start = min(found.count, max(0, Int(clamping: place ?? 0)))
        let page = found[start...].prefix(max(0, limit))
        return FoundPage(
            messages: Array(page), next: page.endIndex < found.count ? Int64(page.endIndex) : nil,
            incomplete: conversations.values.count { $0.latestGap(except: []) != nil })
    }

    public mutating func adoptUnsent(peer: UserID?, since: Timestamp, window: Window) -> [UnsentMessage] {
        adopt(window: window) { $0.receiver == peer || ($0.state == .waiting && $0.createdAt >= since) }
    }

    private mutating func adopt(window: Window, where isWanted: (UnsentMessage) -> Bool) -> [UnsentMessage] {
        var adopted: [UnsentMessage] = []
        for index in unsent.indices where isClosed(unsent[index].window, for: window) && isWanted(unsent[index].message)
        {
            unsent[index].window = window
            adopted.append(unsent[index].message)
        }
        return adopted
    }

    private func isClosed(_ owner: Window?, for window: Window) -> Bool {
        guard let owner else { return true }
        return owner != window && !openWindows.contains(owner)
    }

    private mutating func adoptDraft(for peer: UserID, window: Window) {
        guard !drafts.contains(where: { $0.window == window && $0.peer == peer }) else { return }
        let left = drafts.indices.filter { drafts[$0].peer == peer && isClosed(drafts[$0].window, for: window) }
        guard let newest = left.last else { return }
        drafts[newest] = (window, peer, Draft.joined(left.map { drafts[$0].draft }))
        for index in left.dropLast().reversed() { drafts.remove(at: index) }
    }
}

// MARK: - Unsent messages and drafts

extension ConversationLedger {
    private func index(ofUnsent id: ClientMessageID) -> Int? {
        unsent.firstIndex { $0.message.id == id }
    }

    private mutating func enqueue(_ message: UnsentMessage, _ window: Window) {
        if let index = index(ofUnsent: message.id) {
            unsent[index] = (window, message)
        } else {
            unsent.append((window, message))
        }
    }

    private mutating func setState(_ state: UnsentMessage.State, of id: ClientMessageID) {
        if let index = index(ofUnsent: id) { unsent[index].message.state = state }
    }

    private mutating func disown(_ id: ClientMessageID) {
        if let index = index(ofUnsent: id) { unsent[index].window = nil }
    }

    private mutating func setDraft(_ draft: Draft, _ peer: UserID, _ window: Window) {
        drafts.removeAll { $0.window == window && $0.peer == peer }
        if !draft.isEmpty { drafts.append((window, peer, draft)) }
    }
}

// MARK: - Changes from the server

extension ConversationLedger {
    private mutating func receive(_ stored: StoredMessage) {
        guard stored.message.sender == user || stored.message.receiver == user else { return }
        arrivals += 1
        conversations[stored.message.peer(of: user), default: LedgerConversation()]
            .receive(stored, arrival: arrivals, feed: feed)
    }

    private mutating func join(_ run: [StoredMessage], _ peer: UserID, _ hasOlder: Bool, _ paged: inout Set<UserID>) {
        let run = run.ofConversation(user, peer)
        if run.isEmpty {
            if !hasOlder, position == nil { conversations[peer, default: LedgerConversation()].joinEmpty() }
            return
        }
        let reachesNewest = conversations[peer, default: LedgerConversation()]
            .join(run, hasOlder: hasOlder, arrivals: &arrivals, feed)
        if reachesNewest { paged.insert(peer) }
    }

    private mutating func advance(to new: FeedPosition) {
        guard let position, position.epoch == new.epoch, position.cursor <= new.cursor else { return }
        feed.position = new
    }

    private mutating func restart(at new: FeedPosition, joined: Set<UserID>) {
        feed.position = new
        for peer in conversations.keys where !joined.contains(peer) { conversations[peer]?.isJoined = false }
    }

    private mutating func move(_ mark: ConversationMark, _ peer: UserID) {
        guard mark.user == user || mark.user == peer else { return }
        conversations[peer, default: LedgerConversation()].move(mark, isOwn: mark.user == user)
    }

    private mutating func setProfile(_ name: UntrustedText?, _ product: Product?, _ peer: UserID) {
        var conversation = conversations[peer] ?? LedgerConversation()
        conversation.peerName = name ?? conversation.peerName
        if let product { conversation.product = conversation.named(product, at: nil) }
        conversations[peer] = conversation
    }
}
