import ChatWire

/// The server's database.
///
/// What every store promises, and the store contract tests: a message that `append` returned is on disk for good;
/// `(sender, clientMessageID)` is unique for ever; each user's feed numbers the messages they sent or received
/// 1, 2, 3 … in commit order without gaps; `createdAt` never decreases within a conversation.
public protocol MessageStore: Sendable {
    /// Names this incarnation of the data: another after a restore, so that cursors of old are not trusted.
    var epoch: String { get }

    /// Stores messages in the order given, all in one transaction.
    ///
    /// - Returns: one outcome for each draft, in the same order. A draft that repeats another one, also one before it
    ///   in the same call, is a `.duplicate` of it or a `.conflict` with it.
    /// - Throws: when nothing at all was stored.
    func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome]

    /// The newest `limit` messages of a conversation, or those just before the message `before`, oldest first.
    /// An unknown `before`, or one of another conversation, gives an empty page.
    func conversation(
        of user: UserID, with peer: UserID, before: String?, limit: Int
    ) async throws(StoreError) -> HistoryPage

    /// The user's feed after a cursor, at most `limit` messages, in feed order.
    func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage]

    /// The last cursor of the user's feed; 0 for an empty one.
    func lastCursor(of user: UserID) async throws(StoreError) -> Int

    /// How the user is called, where the database knows.
    func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile
}

/// A message that passed validation and is to be stored.
public struct MessageDraft: Sendable, Hashable {
    public var sender: UserID
    public var receiver: UserID
    public var text: UntrustedText
    public var clientMessageID: String?
    public var product: Product?
    /// When the server got it; `createdAt` is this, or the conversation's last where the clock went back.
    public var receivedAt: Timestamp

    public init(
        sender: UserID, receiver: UserID, text: UntrustedText, clientMessageID: String? = nil,
        product: Product? = nil, receivedAt: Timestamp
    ) {
        self.sender = sender
        self.receiver = receiver
        self.text = text
        self.clientMessageID = clientMessageID
        self.product = product
        self.receivedAt = receivedAt
    }
}

/// A message in the database, with its place in both users' feeds.
public struct StoredMessage: Sendable, Hashable {
    public var message: Message
    public var clientMessageID: String?
    public var product: Product?
    public var senderCursor: Int
    public var receiverCursor: Int

    public init(
        message: Message, clientMessageID: String? = nil, product: Product? = nil, senderCursor: Int,
        receiverCursor: Int
    ) {
        self.message = message
        self.clientMessageID = clientMessageID
        self.product = product
        self.senderCursor = senderCursor
        self.receiverCursor = receiverCursor
    }

    /// The message's place in the feed of one of its two users.
    public func cursor(of user: UserID) -> Int { user == message.sender ? senderCursor : receiverCursor }
}

public enum AppendOutcome: Sendable, Hashable {
    case stored(StoredMessage)
    /// The same sender sent the same content under this `clientMessageID` before; this is that message.
    case duplicate(StoredMessage)
    /// The same sender used this `clientMessageID` for other content (receiver or text, compared as bytes).
    case conflict
}

/// The world's failures; the same call may succeed later.
public enum StoreError: Error, Hashable, CustomStringConvertible {
    case full
    case locked
    /// Anything else, in the database's words.
    case failed(String)

    public var description: String {
        switch self {
        case .full: "the disk is full"
        case .locked: "the database is locked by another program"
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }
}
