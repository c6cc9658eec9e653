import ChatWire
import DequeModule

/// The list of the user's conversations: the last message of each, and the number of the peer's unread messages.
///
/// It starts with the stored list. The server's list adds conversations that were never stored, and the feed keeps the
/// list up to date. If the feed brought messages while the list was requested, they may or may not be included. The
/// list is requested again if it is inconsistent with them.
struct Inbox: Sendable {
    private let user: UserID
    /// If the server is not told how far the user has read, only what was read on this machine counts.
    private let serverKnowsRead: Bool
    private var conversations: [UserID: Conversation] = [:]
    /// The peers whose entries changed since they were last reported.
    private var changed: Set<UserID> = []
    /// The peers whose conversations changed since the list was requested.
    private var changedSinceRequest: Set<UserID> = []
    /// The peers for whom the server was sent a read mark when the list was requested.
    private var markedInRequest: Set<UserID> = []
    /// The peers for whose names the list was requested. The server may not know a name.
    private var requestedNames: Set<UserID> = []
    /// Whether a peer without a known name wrote since the list was requested.
    private(set) var hasUnnamedPeer = false
    /// Whether an unread count is uncertain, so that the list has to be requested again.
    private(set) var isUncertain = false
    /// Whether the user blocks a peer, as far as an event or the server's list has told.
    private var blocks: [UserID: Bool] = [:]
    /// The flags of all conversations, listed or not.
    var flags: [UserID: StoredFlags] = [:]
    /// Those that came back from the archive and are not stored yet.
    var broughtBack: [StoreChange] = []
    /// The peers whose notes may have changed since they were last reported.
    private var notedPeers: Set<UserID> = []
    /// What was last reported beyond the entries.
    var reportedNotes: [UserID: ConversationNotes] = [:]
    /// How often the list was requested since it was last certain.
    var attempts = 0

    fileprivate struct Conversation {
        var entry: ConversationList.Entry
        var ownRead: MessageID?
        /// Since when the peer waits for an answer. Nil if the user wrote last.
        var waitingSince: Timestamp?
        /// The last messages that arrived, newest last, without a gap. They tell which messages a read mark covers.
        var recent: Deque<(id: MessageID, isOfPeer: Bool)> = []
        /// The last message of the server's list, while the feed is behind it. The list has counted the messages up to
        /// this one already.
        var listed: Message?
        /// Whether the stored history reaches `listed`.
        var hasListed = false
        /// Whether the feed may have left out messages. The user may not have seen them, wherever they come from.
        var hasSkipped = false
        /// Whether all messages were read in this window. The server may not know it yet.
        var isReadHere = false
        /// The titles that were named for the ids of products.
        var titles: [UntrustedText: UntrustedText] = [:]

        /// Whether every message of the peer that is counted was stored when the conversation was opened, so that the
        /// user has seen it. Messages that arrived since, or that only the list knows, may not have been on the screen.
        var isFullyShown: Bool {
            (listed == nil || hasListed) && !hasSkipped && !recent.contains(where: \.isOfPeer)
        }
    }

    /// The maximum number of titles of one conversation. A peer could name any number.
    fileprivate static let maxTitles = 1000

    /// An event that concerns a conversation.
    enum Change: Sendable, Hashable {
        /// The feed's next message.
        case arrived(Message, Product?)
        /// The user has read up to this message, in this window (`isHere`) or another.
        case read(upTo: MessageID, peer: UserID, isHere: Bool)
        /// The conversation ends with this message.
        case newest(Message)
        case named(UntrustedText?, Product?, peer: UserID)
        /// The feed continues from its end. It does not bring the messages before that have not arrived.
        case skipped
    }

    /// The maximum number of messages in `recent`. Older read marks need the server's list.
    private static let maxRecent = 200

    init(user: UserID, serverKnowsRead: Bool = true) {
        self.user = user
        self.serverKnowsRead = serverKnowsRead
    }

    mutating func restore(_ stored: [StoredConversation]) {
        for stored in stored {
            var conversation = Conversation(
                entry: stored.entry, ownRead: stored.ownRead, waitingSince: stored.waitingSince)
            for product in stored.products { conversation.learn(product) }
            conversations[stored.entry.peer] = conversation
            changed.insert(stored.entry.peer)
        }
    }

    func lastMessage(of peer: UserID) -> Message? { conversations[peer]?.entry.lastMessage }

    /// When the peer wrote the first message without an answer, if that is not the last message.
    func earlierWait(of peer: UserID) -> Timestamp? {
        guard let conversation = conversations[peer], let since = conversation.waitingSince else { return nil }
        return since < conversation.entry.lastMessage.createdAt ? since : nil
    }

    mutating func noteChanged(_ peer: UserID) { notedPeers.insert(peer) }

    mutating func takeNotedPeers() -> Set<UserID> {
        defer { notedPeers = [] }
        return notedPeers.union(changed)
    }

    /// The entries that changed since the last call, the latest first. `takeNotes` comes before it.
    mutating func takeChanges() -> [ConversationList.Entry] {
        defer { changed = [] }
        return changed.compactMap { conversations[$0]?.entry }.sorted(by: ConversationList.Entry.isLater)
    }

    mutating func apply(_ change: Change) {
        switch change {
        case .arrived(let message, let product): arrived(message, product)
        case .read(let messageID, let peer, let isHere): read(upTo: messageID, peer, isHere: isHere)
        case .newest(let message): endsWith(message)
        case .named(let name, let product, let peer): named(peer, name, product)
        case .skipped: skipped()
        }
    }
}

// MARK: - Changes

extension Inbox {
    private mutating func arrived(_ message: Message, _ product: Product?) {
        let peer = message.peer(of: user)
        changedSinceRequest.insert(peer)
        var conversation = conversations[peer] ?? .init(entry: .init(peer: peer, lastMessage: message, unread: 0))
        conversation.isAbout(product)
        let isOfPeer = message.sender == peer
        if isOfPeer, conversation.entry.peerName == nil, requestedNames.insert(peer).inserted { hasUnnamedPeer = true }
        conversation.waitingSince = conversation.waitingSince.waiting(after: message, of: peer)
        conversation.recent.append((message.id, isOfPeer))
        if conversation.recent.count > Self.maxRecent { conversation.recent.removeFirst() }
        if let listed = conversation.listed, !listed.isBefore(message) {
            if message.id == listed.id { conversation.listed = nil }
        } else {
            conversation.listed = nil
            conversation.entry.lastMessage = message
            if isOfPeer {
                conversation.entry.unread += 1
                conversation.isReadHere = false
                bringBack(peer, for: message)
            }
        }
        conversations[peer] = conversation
        changed.insert(peer)
    }

    private mutating func read(upTo messageID: MessageID, _ peer: UserID, isHere: Bool) {
        guard var conversation = conversations[peer] else { return }
        // The mark may be new to the server even if it is known here. The server's list then counted without it.
        if let known = conversation.ownRead, known == messageID, conversation.entry.unread == 0 { return }
        changedSinceRequest.insert(peer)
        conversation.ownRead = messageID
        // While the feed is behind the list, messages that the list has counted are missing in `recent`.
        if conversation.listed == nil, let place = conversation.recent.lastIndex(where: { $0.id == messageID }) {
            let unread = conversation.recent[(place + 1)...].count(where: \.isOfPeer)
            conversation.entry.unread = min(conversation.entry.unread, unread)
        } else if isHere && (conversation.isFullyShown || !serverKnowsRead)
            || conversation.entry.lastMessage.id == messageID
        {
            conversation.entry.unread = 0
        } else {
            isUncertain = true
        }
        conversation.isReadHere = isHere && conversation.entry.unread == 0
        conversations[peer] = conversation
        changed.insert(peer)
    }

    private mutating func endsWith(_ message: Message) {
        let peer = message.peer(of: user)
        if let listed = conversations[peer]?.listed, !message.isBefore(listed) {
            conversations[peer]?.hasListed = true
        }
        // Those before it in the history may not have come by the feed, so they would be missing between the recent ones.
        if conversations[peer]?.recent.contains(where: { $0.id == message.id }) == false {
            conversations[peer]?.recent = []
        }
        if let known = conversations[peer]?.entry.lastMessage {
            guard known.isBefore(message) else { return }
            conversations[peer]?.entry.lastMessage = message
            // What was read here was the end before.
            conversations[peer]?.isReadHere = false
        } else {
            conversations[peer] = Conversation(entry: .init(peer: peer, lastMessage: message, unread: 0))
        }
        let since = conversations[peer]?.waitingSince
        conversations[peer]?.waitingSince = since.waiting(after: message, of: peer)
        changed.insert(peer)
    }

    /// Every conversation may have had messages that the feed left out. They would be missing between the recent ones.
    private mutating func skipped() {
        for peer in conversations.keys {
            conversations[peer]?.recent = []
            conversations[peer]?.hasSkipped = true
            conversations[peer]?.isReadHere = false
        }
    }

    /// During a block the server counts nothing as unread, and what the block withheld counts when it ends.
    mutating func blocked(_ isBlocked: Bool, _ peer: UserID) {
        guard blocks.updateValue(isBlocked, forKey: peer) ?? false != isBlocked else { return }
        changedSinceRequest.insert(peer)
        isUncertain = true
        showBlock(isBlocked, of: peer)
    }

    private mutating func showBlock(_ isBlocked: Bool, of peer: UserID) {
        guard let entry = conversations[peer]?.entry, entry.isBlocked != isBlocked else { return }
        conversations[peer]?.entry.isBlocked = isBlocked
        changed.insert(peer)
    }

    private mutating func named(_ peer: UserID, _ name: UntrustedText?, _ product: Product?) {
        guard let entry = conversations[peer]?.entry else { return }
        conversations[peer]?.entry.peerName = name ?? entry.peerName
        conversations[peer]?.isAbout(product)
        changed.insert(peer)
    }
}

// MARK: - The server's list

extension Inbox {
    /// Removes all cursors, because the server now has another feed. All entries have changed: the cursors of both feeds
    /// in one list would order it wrongly.
    mutating func forgetCursors() {
        for peer in conversations.keys {
            conversations[peer]?.entry.lastMessage.cursor = nil
            conversations[peer]?.listed?.cursor = nil
        }
        changed.formUnion(conversations.keys)
    }

    /// - Parameter marked: The peers for whom the server was sent a read mark at the same time. The list may not include
    ///   these marks.
    mutating func listRequested(marked: Set<UserID> = []) {
        changedSinceRequest = marked
        markedInRequest = marked
        isUncertain = false
        hasUnnamedPeer = false
    }

    /// Merges the server's list into this one.
    /// - Returns: the entries with a new name or product, and the last messages of unknown conversations.
    mutating func merge(_ list: [ConversationList.Entry]) -> (named: [ConversationList.Entry], new: [Message]) {
        var (named, new): ([ConversationList.Entry], [Message]) = ([], [])
        for listed in list where listed.lastMessage.isBetween(user, listed.peer) && listed.peer != user {
            let known = conversations[listed.peer]?.entry
            if known?.peerName != listed.peerName || known?.product != listed.product { named.append(listed) }
            if known == nil { new.append(listed.lastMessage) }
            merge(listed)
            noteBlock(listed)
        }
        return (named, new)
    }

    /// The list may be older than an event. If they differ, the next list decides.
    private mutating func noteBlock(_ listed: ConversationList.Entry) {
        let isContradicted = (blocks[listed.peer] ?? listed.isBlocked) != listed.isBlocked
        blocks[listed.peer] = isContradicted ? nil : listed.isBlocked
        showBlock(listed.isBlocked, of: listed.peer)
        isUncertain = isUncertain || isContradicted
    }

    private mutating func merge(_ listed: ConversationList.Entry) {
        guard var conversation = conversations[listed.peer] else {
            conversations[listed.peer] = Conversation(
                entry: listed, waitingSince: Timestamp?.none.waiting(after: listed.lastMessage, of: listed.peer),
                listed: listed.lastMessage)
            conversations[listed.peer]?.isAbout(listed.product)
            bringBack(listed.peer, for: listed.lastMessage)
            changed.insert(listed.peer)
            return
        }
        conversation.entry.peerName = listed.peerName ?? conversation.entry.peerName
        conversation.isAbout(listed.product)
        let known = conversation.entry.lastMessage
        let isSame = known.id == listed.lastMessage.id
        if isSame, known.cursor == nil { conversation.entry.lastMessage.cursor = listed.lastMessage.cursor }
        if !serverKnowsRead {
            if !isSame, !listed.lastMessage.isBefore(known) {
                conversation.entry.lastMessage = listed.lastMessage
                (conversation.listed, conversation.hasListed) = (listed.lastMessage, false)
            }
            conversation.entry.unread = min(conversation.entry.unread, listed.unread)
        } else if changedSinceRequest.contains(listed.peer) {
            let mayBeOlder = markedInRequest.contains(listed.peer) && listed.unread > 0
            isUncertain = isUncertain || mayBeOlder || !(isSame && conversation.entry.unread == listed.unread)
        } else if isSame {
            conversation.entry.unread = conversation.isReadHere ? 0 : listed.unread
        } else if !listed.lastMessage.isBefore(known) {
            conversation.entry.lastMessage = listed.lastMessage
            conversation.entry.unread = listed.unread
            conversation.isReadHere = false
            (conversation.listed, conversation.hasListed) = (listed.lastMessage, false)
        }
        if conversation.entry.lastMessage.id != known.id {
            conversation.waitingSince = conversation.waitingSince.waiting(after: listed.lastMessage, of: listed.peer)
            bringBack(listed.peer, for: listed.lastMessage)
        }
        conversations[listed.peer] = conversation
        changed.insert(listed.peer)
    }
}

// MARK: - Products

extension Inbox.Conversation {
    /// The newest message names this product; nil if it names none. A product that is named by its id alone has the
    /// title that was named for this id, not the title of another product.
    fileprivate mutating func isAbout(_ product: Product?) {
        guard let product else { return }
        learn(product)
        entry.product = product
        if let id = product.id, product.title == nil { entry.product?.title = titles[UntrustedText(id)] }
    }

    fileprivate mutating func learn(_ product: Product) {
        guard let id = product.id, let title = product.title else { return }
        if titles.count >= Inbox.maxTitles { titles = [:] }
        titles[UntrustedText(id)] = title
    }
}
