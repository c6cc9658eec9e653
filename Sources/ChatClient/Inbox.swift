import ChatWire
import DequeModule

/// The user's conversations as a list tells of them: the last message of each, and how many of the other's are unread.
///
/// It begins with what is on the disk. The server's list adds what was never here, and the feed keeps it true. What the
/// feed brought while the list was under way may be in the list or not, so of those conversations the list is asked for
/// once more.
struct Inbox: Sendable {
    private let user: UserID
    /// Where the server is not told how far the user has read, what was read here counts.
    private let serverKnowsRead: Bool
    private var conversations: [UserID: Conversation] = [:]
    /// Those that are not as they were told last.
    private var changed: Set<UserID> = []
    /// Those of which something happened since the list was asked for.
    private var touched: Set<UserID> = []
    /// Those of which the server was told how far they are read when the list was asked for.
    private var told: Set<UserID> = []
    /// Those whose names the list was asked for: it need not know them.
    private var strangers: Set<UserID> = []
    /// A stranger wrote since the list was asked for, whose name it may know.
    private(set) var hasNewStranger = false
    /// Something cannot be known from here: the list has to be asked for again.
    private(set) var isUncertain = false
    /// How often the list was asked for since it was last certain.
    var attempts = 0

    private struct Conversation {
        var entry: ConversationList.Entry
        var ownRead: MessageID?
        /// The last messages that came, the newest last: what a mark covers is found among them.
        var recent: Deque<(id: MessageID, isOfPeer: Bool)> = []
        /// The list had the conversation up to here, further than the feed is: up to here, what the feed brings is counted.
        var listed: Message?
        /// The history that is here ends where the list had it.
        var hasListed = false
        /// All there is was read in this window; the server may not have heard it yet.
        var isReadHere = false

        /// Nothing of the other's is known beside what this machine's disk had when the conversation was opened: what came
        /// since, or what only the list tells of, may not have been before the user's eyes.
        var isShownWhole: Bool { (listed == nil || hasListed) && !recent.contains(where: \.isOfPeer) }
    }

    /// What happened to a conversation.
    enum Change: Sendable, Hashable {
        /// The feed's next message.
        case arrived(Message, Product?)
        /// The user has read up to this message, here or in another window.
        case read(upTo: MessageID, peer: UserID, isHere: Bool)
        /// The conversation ends with this message.
        case newest(Message)
        case named(UntrustedText?, Product?, peer: UserID)
    }

    /// As far as a mark can be told from the messages that came.
    private static let mostRecent = 200

    init(user: UserID, serverKnowsRead: Bool = true) {
        self.user = user
        self.serverKnowsRead = serverKnowsRead
    }

    mutating func restore(_ stored: [StoredConversation]) {
        for stored in stored {
            conversations[stored.entry.peer] = Conversation(entry: stored.entry, ownRead: stored.ownRead)
            changed.insert(stored.entry.peer)
        }
    }

    /// Those that changed since the last call, the latest first.
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
        }
    }
}

// MARK: - What happens

extension Inbox {
    private mutating func arrived(_ message: Message, _ product: Product?) {
        let peer = message.peer(of: user)
        touched.insert(peer)
        var conversation = conversations[peer] ?? .init(entry: .init(peer: peer, lastMessage: message, unread: 0))
        conversation.entry.product = conversation.entry.product?.updated(to: product) ?? product
        let isOfPeer = message.sender == peer
        if isOfPeer, conversation.entry.peerName == nil, strangers.insert(peer).inserted { hasNewStranger = true }
        conversation.recent.append((message.id, isOfPeer))
        if conversation.recent.count > Self.mostRecent { conversation.recent.removeFirst() }
        if let listed = conversation.listed, !listed.isBefore(message) {
            if message.id == listed.id { conversation.listed = nil }
        } else {
            conversation.listed = nil
            conversation.entry.lastMessage = message
            if isOfPeer {
                conversation.entry.unread += 1
                conversation.isReadHere = false
            }
        }
        conversations[peer] = conversation
        changed.insert(peer)
    }

    private mutating func read(upTo messageID: MessageID, _ peer: UserID, isHere: Bool) {
        guard var conversation = conversations[peer] else { return }
        // A mark that was here may be news to the server, whose list then counted without it.
        if let known = conversation.ownRead, known == messageID, conversation.entry.unread == 0 { return }
        touched.insert(peer)
        conversation.ownRead = messageID
        if let place = conversation.recent.lastIndex(where: { $0.id == messageID }) {
            let unread = conversation.recent[(place + 1)...].count(where: \.isOfPeer)
            conversation.entry.unread = min(conversation.entry.unread, unread)
        } else if isHere && (conversation.isShownWhole || !serverKnowsRead)
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
        if let known = conversations[peer]?.entry.lastMessage {
            guard known.isBefore(message) else { return }
            conversations[peer]?.entry.lastMessage = message
        } else {
            conversations[peer] = Conversation(entry: .init(peer: peer, lastMessage: message, unread: 0))
        }
        changed.insert(peer)
    }

    private mutating func named(_ peer: UserID, _ name: UntrustedText?, _ product: Product?) {
        guard let entry = conversations[peer]?.entry else { return }
        conversations[peer]?.entry.peerName = name ?? entry.peerName
        conversations[peer]?.entry.product = entry.product?.updated(to: product) ?? product
        changed.insert(peer)
    }
}

// MARK: - The server's list

extension Inbox {
    /// The server has another feed than the one that the cursors here are of.
    mutating func forgetCursors() {
        for peer in conversations.keys {
            conversations[peer]?.entry.lastMessage.cursor = nil
            conversations[peer]?.listed?.cursor = nil
        }
    }

    /// - Parameter told: of these the server was told at the same time how far they are read: the list may be of before.
    mutating func listAsked(told: Set<UserID> = []) {
        touched = told
        self.told = told
        isUncertain = false
        hasNewStranger = false
    }

    /// Takes the server's list in. Returns what of it was not here: names, products, and conversations.
    mutating func merge(_ list: [ConversationList.Entry]) -> (named: [ConversationList.Entry], new: [Message]) {
        var (named, new): ([ConversationList.Entry], [Message]) = ([], [])
        for listed in list where listed.lastMessage.isBetween(user, listed.peer) && listed.peer != user {
            let known = conversations[listed.peer]?.entry
            if known?.peerName != listed.peerName || known?.product != listed.product { named.append(listed) }
            if known == nil { new.append(listed.lastMessage) }
            merge(listed)
        }
        return (named, new)
    }

    private mutating func merge(_ listed: ConversationList.Entry) {
        guard var conversation = conversations[listed.peer] else {
            conversations[listed.peer] = Conversation(entry: listed, listed: listed.lastMessage)
            changed.insert(listed.peer)
            return
        }
        conversation.entry.peerName = listed.peerName ?? conversation.entry.peerName
        conversation.entry.product = conversation.entry.product?.updated(to: listed.product) ?? listed.product
        let known = conversation.entry.lastMessage
        let isSame = known.id == listed.lastMessage.id
        if isSame, known.cursor == nil { conversation.entry.lastMessage.cursor = listed.lastMessage.cursor }
        if !serverKnowsRead {
            if !isSame, !listed.lastMessage.isBefore(known) {
                conversation.entry.lastMessage = listed.lastMessage
                (conversation.listed, conversation.hasListed) = (listed.lastMessage, false)
            }
            conversation.entry.unread = min(conversation.entry.unread, listed.unread)
        } else if touched.contains(listed.peer) {
            let mayBeOlder = told.contains(listed.peer) && listed.unread > 0
            isUncertain = isUncertain || mayBeOlder || !(isSame && conversation.entry.unread == listed.unread)
        } else if isSame {
            conversation.entry.unread = conversation.isReadHere ? 0 : listed.unread
        } else if !listed.lastMessage.isBefore(known) {
            conversation.entry.lastMessage = listed.lastMessage
            conversation.entry.unread = listed.unread
            conversation.isReadHere = false
            (conversation.listed, conversation.hasListed) = (listed.lastMessage, false)
        }
        conversations[listed.peer] = conversation
        changed.insert(listed.peer)
    }
}
