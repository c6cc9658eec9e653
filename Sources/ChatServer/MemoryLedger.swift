import ChatWire
import Foundation

/// The data and rules of a `MessageStore` as a value, without a disk. `MemoryStore` owns one. A simulation may also
/// keep copies of it, like backups.
///
/// The methods are those of `MessageStore`. Their results do not depend on the order of a dictionary.
public struct MemoryLedger: Sendable {
    /// A copy that replaces the original, as a restored backup does, gets a new epoch.
    public var epoch: Epoch
    /// Creates the ids of messages. A simulation replaces it with a reproducible function.
    public var makeMessageID: @Sendable (Timestamp) -> MessageID

    /// All messages in commit order. The properties below hold indices into this array, called places.
    var messages: [StoredMessage] = []
    var places: [MessageID: Int] = [:]
    var conversations: [Set<UserID>: Conversation] = [:]
    var peers: [UserID: Set<UserID>] = [:]
    /// The places of the messages in a user's feed. The message at cursor `n` has index `n - 1`.
    var feeds: [UserID: [Int]] = [:]
    var acknowledged: [UserID: Int] = [:]
    var lastSeen: [UserID: Timestamp] = [:]
    /// The users that each user blocks.
    var blocks: [UserID: [UserID: Block]] = [:]
    /// The places of messages that were delivered after a block, by their ids. `places` has those where they were sent.
    var deliveries: [MessageID: Int] = [:]
    /// The profiles of each user's peers at the time of a block between them.
    var keptProfiles: [UserID: [UserID: HistoryPage.Profile]] = [:]
    private(set) var banned: Set<UserID> = []
    private var placesByIdempotencyKey: [IdempotencyKey: Int] = [:]
    private var profiles: [UserID: HistoryPage.Profile]

    struct Conversation {
        /// The places of all messages, including those that only their sender may know of.
        var places: [Int] = []
        /// The newest message that each user may know of, and the newest of those that have a product.
        var last: [UserID: Int] = [:]
        var lastWithProduct: [UserID: Int] = [:]
        /// The place of the message that each mark names.
        var delivered: [UserID: Int] = [:]
        var read: [UserID: Int] = [:]
    }

    struct Block {
        var since: Timestamp
        /// What the blocked user wrote from this place on is delivered at the end of the block.
        var firstPlace: Int
    }

    /// The pair that is unique for ever among messages with a `clientMessageID`.
    private struct IdempotencyKey: Hashable {
        var sender: UserID
        var clientMessageID: ClientMessageID

        init?(_ draft: MessageDraft) {
            guard let id = draft.clientMessageID else { return nil }
            sender = draft.sender
            clientMessageID = id
        }
    }

    public init(
        epoch: Epoch = Epoch(UUID().uuidString.lowercased()), profiles: [UserID: HistoryPage.Profile] = [:],
        makeMessageID: (@Sendable (Timestamp) -> MessageID)? = nil
    ) {
        self.epoch = epoch
        self.profiles = profiles
        self.makeMessageID = makeMessageID ?? { MessageID.make(at: $0) }
    }

    // MARK: - Writing

    public mutating func append(_ drafts: [MessageDraft]) -> [AppendOutcome] {
        drafts.map { draft in
            if draft.containsNUL { return .refused(.containsNUL) }
            return banned.contains(draft.sender) ? .banned : earlier(draft) ?? draft.refusal ?? .stored(store(draft))
        }
    }

    mutating func setBanned(_ isBanned: Bool, _ user: UserID) -> Bool {
        isBanned ? banned.insert(user).inserted : banned.remove(user) != nil
    }

    /// The outcome for a draft whose `clientMessageID` its sender has used before; nil if it is new.
    package func earlier(_ draft: MessageDraft) -> AppendOutcome? {
        guard let sending = IdempotencyKey(draft), let place = placesByIdempotencyKey[sending] else { return nil }
        return draft.outcome(after: messages[place])
    }

    private mutating func store(_ draft: MessageDraft) -> StoredMessage {
        let place = messages.count
        let users: Set = [draft.sender, draft.receiver]
        var conversation = conversations.removeValue(forKey: users) ?? Conversation()
        let createdAt = draft.createdAt
        // The users who may know of the message.
        let readers: Set = blocks(draft.receiver, draft.sender) ? [draft.sender] : users
        for user in readers { feeds[user, default: []].append(place) }
        let stored = StoredMessage(
            message: Message(
                id: makeMessageID(createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
                createdAt: createdAt),
            clientMessageID: draft.clientMessageID, product: draft.product,
            senderCursor: lastCursor(of: draft.sender),
            receiverCursor: readers.contains(draft.receiver) ? lastCursor(of: draft.receiver) : nil)
        messages.append(stored)
        places[stored.message.id] = place
        if let sending = IdempotencyKey(draft) { placesByIdempotencyKey[sending] = place }
        for user in readers {
            conversation.last[user] = place
            if stored.product != nil { conversation.lastWithProduct[user] = place }
        }
        conversation.places.append(place)
        conversations[users] = conversation
        for user in readers { peers[user, default: []].insert(user == draft.sender ? draft.receiver : draft.sender) }
        return stored
    }

    // MARK: - Reading

    public func conversation(of user: UserID, with peer: UserID, before: MessageID?, limit: Int) -> HistoryPage {
        let marks = marks(of: user, with: peer)
        var page = HistoryPage(messages: [], hasMore: false, marks: [marks.own, marks.peer])
        guard let conversation = conversations[[user, peer]] else { return page }
        var older = conversation.places.filter { isKnown($0, to: user) }[...]
        if let before {
            guard let place = place(of: before, of: user, with: peer) else { return page }
            older = older.prefix { $0 < place }
        }
        let places = older.suffix(max(0, limit))
        page.messages = places.map { entry(at: $0, of: conversation, for: user) }
        page.hasMore = places.count < older.count
        return page
    }

    private func entry(at place: Int, of conversation: Conversation, for user: UserID) -> HistoryPage.Entry {
        let stored = messages[place]
        let message = stored.message
        return HistoryPage.Entry(
            message: message, productID: stored.product?.id, productTitle: stored.product?.title,
            isRead: !blocks(user, message.receiver)
                && isCovered(place, by: conversation.read[message.receiver]),
            updatedAt: message.createdAt, sender: profile(of: message.sender, shownTo: user),
            cursor: stored.cursor(of: user),
            clientMessageID: message.sender == user ? stored.clientMessageID : nil)
    }

    public func conversations(of user: UserID, limit: Int) -> [ConversationList.Entry] {
        latestConversations(of: user).prefix(max(0, limit)).map { peer, conversation in
            let unread = conversation.places.reversed()
                .prefix { $0 > conversation.read[user] ?? -1 }
                .count { messages[$0].message.sender == peer && peer != user && isKnown($0, to: user) }
            let last = messages[conversation.last[user] ?? 0]
            var lastMessage = last.message
            lastMessage.cursor = last.cursor(of: user)
            return ConversationList.Entry(
                peer: peer, peerName: profile(of: peer, shownTo: user).name,
                product: product(of: conversation, shownTo: user),
                lastMessage: lastMessage,
                unread: blocks(user, peer) ? 0 : unread, isBlocked: blocks(user, peer))
        }
    }

    /// The product that was named last. If it was named by its id alone, it has the title that this id had last.
    private func product(of conversation: Conversation, shownTo user: UserID) -> Product? {
        guard var product = conversation.lastWithProduct[user].flatMap({ messages[$0].product }) else { return nil }
        guard let id = product.id, product.title == nil else { return product }
        let newest = conversation.places.lazy.reversed().filter { isKnown($0, to: user) }
        let named = newest.prefix(Product.titleReach).first {
            messages[$0].product?.title != nil && messages[$0].product?.id?.utf8.elementsEqual(id.utf8) == true
        }
        product.title = named.flatMap { messages[$0].product?.title }
        return product
    }

    public func feed(of user: UserID, after cursor: Int, limit: Int) -> [StoredMessage] {
        feeds[user, default: []].dropFirst(max(0, cursor)).prefix(max(0, limit)).map { messages[$0] }
    }

    public func lastCursor(of user: UserID) -> Int {
        feeds[user, default: []].count
    }

    /// `feedStart` is 0, since nothing is ever deleted here.
    public func account(of user: UserID, resume: FeedPosition?) -> Account {
        let feed = feeds[user, default: []]
        func message(at cursor: Int) -> MessageID? {
            cursor > 0 && cursor <= feed.count ? messages[feed[cursor - 1]].message.id : nil
        }
        return Account(
            isBanned: banned.contains(user), epoch: epoch, cursor: feed.count, lastMessage: message(at: feed.count),
            name: profile(of: user).name, messageAtResume: resume.flatMap { message(at: $0.cursor) })
    }

    public func profile(of user: UserID) -> HistoryPage.Profile {
        profiles[user] ?? HistoryPage.Profile()
    }

    public mutating func setName(_ name: UntrustedText, of user: UserID) {
        if !banned.contains(user) { profiles[user, default: HistoryPage.Profile()].name = name }
    }

    // MARK: - Places

    /// Whether one of a message's two users may know of it, and sees it at this place.
    private func isKnown(_ place: Int, to user: UserID) -> Bool {
        messages[place].message.sender == user ? !messages[place].isLateDelivery : messages[place].reachesReceiver
    }

    /// Whether a mark of the receiver covers a message. A message that was delivered later is covered where the receiver
    /// sees it.
    private func isCovered(_ place: Int, by mark: Int?) -> Bool {
        let seen = messages[place].reachesReceiver ? place : deliveries[messages[place].message.id]
        return seen.flatMap { seen in mark.map { seen <= $0 } } ?? false
    }

    /// The user's conversations, the one with the newest message first.
    func latestConversations(of user: UserID) -> [(peer: UserID, conversation: Conversation)] {
        peers[user, default: []]
            .compactMap { peer in conversations[[user, peer]].map { (peer, $0) } }
            .sorted { $0.1.last[user] ?? -1 > $1.1.last[user] ?? -1 }
    }

    /// The place of a message; nil if the user knows no message with this id in the conversation.
    func place(of messageID: MessageID, of user: UserID, with peer: UserID) -> Int? {
        [places[messageID], deliveries[messageID]].lazy.compactMap(\.self)
            .first { messages[$0].message.isBetween(user, peer) && isKnown($0, to: user) }
    }
}
