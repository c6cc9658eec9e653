import ChatWire
import Foundation

/// A store that forgets everything when the program ends: for tests and for trying the server out.
///
/// It keeps every promise of `MessageStore` but the disk.
public actor MemoryStore: MessageStore {
    public nonisolated let epoch = UUID().uuidString.lowercased()

    /// Every message in commit order; the indexes below hold places in it.
    private var messages: [StoredMessage] = []
    private var places: [UntrustedText: Int] = [:]
    private var placesBySending: [Sending: Int] = [:]
    private var placesByConversation: [Set<UserID>: [Int]] = [:]
    /// A user's feed; the message at cursor `n` stands at index `n - 1`.
    private var feeds: [UserID: [Int]] = [:]
    private let profiles: [UserID: HistoryPage.Profile]

    /// What is unique for ever among messages that have a `clientMessageID`. Bytes are compared, as databases do;
    /// `String` would also match canonically equivalent spellings.
    private struct Sending: Hashable {
        var sender: UserID
        var clientMessageID: UntrustedText

        init?(_ draft: MessageDraft) {
            guard let id = draft.clientMessageID else { return nil }
            sender = draft.sender
            clientMessageID = UntrustedText(id)
        }
    }

    public init(profiles: [UserID: HistoryPage.Profile] = [:]) {
        self.profiles = profiles
    }

    public func append(_ drafts: [MessageDraft]) throws(StoreError) -> [AppendOutcome] {
        if drafts.contains(where: \.containsNUL) { throw .textContainsNUL }
        return drafts.map { append($0) }
    }

    public func conversation(
        of user: UserID, with peer: UserID, before: String?, limit: Int
    ) -> HistoryPage {
        var older = placesByConversation[[user, peer], default: []][...]
        if let before {
            guard let end = places[UntrustedText(before)].flatMap(older.firstIndex(of:)) else {
                return HistoryPage(messages: [], hasMore: false)
            }
            older = older[..<end]
        }
        let page = older.suffix(max(0, limit))
        return HistoryPage(messages: page.map { entry(messages[$0]) }, hasMore: page.count < older.count)
    }

    public func feed(of user: UserID, after cursor: Int, limit: Int) -> [StoredMessage] {
        feeds[user, default: []].dropFirst(max(0, cursor)).prefix(max(0, limit)).map { messages[$0] }
    }

    public func lastCursor(of user: UserID) -> Int {
        feeds[user, default: []].count
    }

    public func profile(of user: UserID) -> HistoryPage.Profile {
        profiles[user] ?? HistoryPage.Profile()
    }

    // MARK: - One message

    private func append(_ draft: MessageDraft) -> AppendOutcome {
        if let sending = Sending(draft), let place = placesBySending[sending] {
            let earlier = messages[place]
            return draft.isRepeat(of: earlier.message) ? .duplicate(earlier) : .conflict
        }
        return .stored(store(draft))
    }

    private func store(_ draft: MessageDraft) -> StoredMessage {
        let place = messages.count
        let conversation: Set = [draft.sender, draft.receiver]
        let last = placesByConversation[conversation]?.last.map { messages[$0].message.createdAt }
        let createdAt = draft.createdAt(after: last)
        for user in conversation { feeds[user, default: []].append(place) }
        let stored = StoredMessage(
            message: Message(
                id: MessageID.make(at: createdAt), sender: draft.sender, receiver: draft.receiver, text: draft.text,
                createdAt: createdAt),
            clientMessageID: draft.clientMessageID, product: draft.product,
            senderCursor: lastCursor(of: draft.sender), receiverCursor: lastCursor(of: draft.receiver))
        messages.append(stored)
        places[UntrustedText(stored.message.id)] = place
        placesByConversation[conversation, default: []].append(place)
        if let sending = Sending(draft) { placesBySending[sending] = place }
        return stored
    }

    private func entry(_ stored: StoredMessage) -> HistoryPage.Entry {
        HistoryPage.Entry(
            message: stored.message, productID: stored.product?.id, isRead: false,
            updatedAt: stored.message.createdAt, sender: profile(of: stored.message.sender))
    }
}
