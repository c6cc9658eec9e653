import ChatWire

/// The server's database.
///
/// What every store promises, and the store contract tests: a message that `append` returned is on disk for good;
/// `(sender, clientMessageID)` is unique for ever; each user's feed numbers the messages they sent or received
/// 1, 2, 3 … in commit order without gaps; that order is the order of pages and lists, too, whatever the clock said.
public protocol MessageStore: Sendable {
    /// Names this incarnation of the data: another after a restore, so that cursors of old are not trusted.
    var epoch: String { get }

    /// Stores messages in the order given, all in one transaction.
    ///
    /// - Returns: one outcome for each draft, in the same order. A draft that repeats another one, also one before it
    ///   in the same call, is a `.duplicate` of it or a `.conflict` with it. One that its sender's rate forbids is stored no
    ///   more, but found like that where it was stored before.
    /// - Throws: when nothing at all was stored.
    func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome]

    /// The same without a task. `completion` is called once, never within this call, on a thread of the store's that may go on
    /// with the next call.
    func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void)

    /// The newest `limit` messages of a conversation, or those just before the message `before`, oldest first.
    /// An unknown `before`, or one of another conversation, gives an empty page. The page and its entries hold all that
    /// the asking user may know; `marks` are the user's own, then the peer's.
    func conversation(
        of user: UserID, with peer: UserID, before: String?, limit: Int
    ) async throws(StoreError) -> HistoryPage

    /// The user's feed after a cursor, at most `limit` messages, in feed order.
    func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage]

    /// Waits until what was stored of a user can be read at once, but not for long: for who takes a turn of others then.
    func prepareToRead(of user: UserID) async

    /// The last cursor of the user's feed; 0 for an empty one.
    func lastCursor(of user: UserID) async throws(StoreError) -> Int

    /// How the user is called, where the database knows.
    func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile

    /// Notes how the user is called, in place of what was known before.
    func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError)

    /// The user's conversations, the latest first, at most `limit`.
    func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry]

    // MARK: Marks and presence. They survive the process; the power failing may take the last ones back.

    /// Raises the cursors up to which users' devices have their feeds, all in one transaction. A lower one than before
    /// changes nothing; one above the feed's end counts as its end.
    ///
    /// - Parameter atMost: How many messages each acknowledgement covers by this call. Where there are more, the call has to
    ///   be repeated: a user who was away for long holds up nobody.
    /// - Returns: for each acknowledgement in order, what it newly covers.
    func acknowledge(_ acknowledgements: [Acknowledgement], atMost: Int) async throws(StoreError) -> [Coverage]

    /// Notes how far users have seen conversations, all in one transaction. Of several marks of one user in one
    /// conversation only the furthest is set.
    ///
    /// - Parameter atMost: Of how many messages a mark may have to be counted by this call. One that moves over more may move
    ///   over a part of them, and the call has to be repeated: one that jumps far holds up nobody.
    /// - Returns: for each mark in order, what became of it.
    func markRead(_ marks: [ReadMark], atMost: Int) async throws(StoreError) -> [ReadOutcome]

    /// How far both users have the user's `limit` latest conversations of a range, the latest first, without those whose last
    /// message is older than `since`: a page of the peers of the last days, in short. A page in which all are older is the
    /// last one, so that nobody goes through everything for the sake of a clock.
    func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage

    /// When the newest message of a conversation was created, of those that the user knows of; nil where there is none.
    func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp?

    /// How far both users have one conversation.
    func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks

    /// The last call counts, also where it names an earlier time.
    func setLastSeen(_ time: Timestamp, of user: UserID) async throws(StoreError)

    /// When those users were connected last; those never seen are left out.
    func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp]

    // MARK: Blocking

    /// Notes that a user wants to hear nothing of another one, or does again.
    ///
    /// What the other one writes meanwhile is stored and confirmed as ever, but it is theirs alone, also when the block has
    /// ended: its `receiverCursor` is 0, and no feed, page, list, mark or count of the user's knows it. As long as the block
    /// lasts, no mark of the blocking user moves towards the other one, so that what that one sees stays as it was. The other
    /// one's marks move as ever, but `acknowledge` does not name them, and the blocking user is shown none of them: neither
    /// in marks nor in `isRead`. The blocking user's list counts nothing of the other's as unread.
    ///
    /// - Parameters:
    ///   - time: Now: for the other one, the blocking user left then and has not been back.
    ///   - most: How many others a user may block.
    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, most: Int
    ) async throws(StoreError) -> BlockOutcome

    /// Who of these blocks the user without being blocked by them, and since when, where that is known.
    func blockers(of user: UserID, among others: [UserID]) async throws(StoreError) -> [UserID: Timestamp]

    /// Whether the user blocks the other one. The other way round is nobody's business.
    func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool

    /// Who of these is blocked by the user, or blocks them.
    func separated(from user: UserID, among others: [UserID]) async throws(StoreError) -> Set<UserID>

    // MARK: Operating. Another program may do it, beside the server.

    /// Notes that a user is not let in, or is again. Nothing is written in a banned user's name any more: no message, no name,
    /// no mark, no time of leaving and no block. What others write to them is.
    /// - Returns: whether it was otherwise before.
    @discardableResult
    func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) async throws(StoreError) -> Bool

    func isBanned(_ user: UserID) async throws(StoreError) -> Bool

    func bannedUsers() async throws(StoreError) -> Set<UserID>

    /// Up to which cursor messages of the user's feed may have been deleted: whoever has less of it must not resume.
    func feedStart(of user: UserID) async throws(StoreError) -> Int

    /// Writes something, to see whether that can be done.
    func checkWritable() async throws(StoreError)

    /// Nil where there is no disk.
    func condition() async -> StoreCondition?
}

/// How a database on a disk is.
public struct StoreCondition: Sendable, Hashable {
    /// Whether its files are still those that were opened.
    public var isInPlace: Bool
    public var databaseBytes: Int
    /// Of the write-ahead log.
    public var logBytes: Int
    /// On its disk; nil where the system does not say.
    public var freeBytes: Int?
    /// How often it failed, by `StoreError.kind`.
    public var failures: [String: Int]

    public init(
        isInPlace: Bool = true, databaseBytes: Int, logBytes: Int, freeBytes: Int? = nil, failures: [String: Int] = [:]
    ) {
        self.isInPlace = isInPlace
        self.databaseBytes = databaseBytes
        self.logBytes = logBytes
        self.freeBytes = freeBytes
        self.failures = failures
    }
}

extension MessageStore {
    public func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void
    ) {
        Task {
            do throws(StoreError) {
                completion(.success(try await append(drafts)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    public func prepareToRead(of user: UserID) async {}

    /// Whether one of the two blocks the other.
    public func areApart(_ one: UserID, _ other: UserID) async throws(StoreError) -> Bool {
        try await !separated(from: one, among: [other]).isEmpty
    }
}

/// What became of the wish to block somebody, or not to any more.
public enum BlockOutcome: Sendable, Hashable {
    case changed
    /// It was so already.
    case unchanged
    /// The user blocks as many as they may.
    case tooMany
    /// The user is banned.
    case banned
}

/// A user has seen their conversation with a peer up to a message.
public struct ReadMark: Sendable, Hashable {
    public var user: UserID
    public var peer: UserID
    public var messageID: String

    public init(user: UserID, peer: UserID, messageID: String) {
        self.user = user
        self.peer = peer
        self.messageID = messageID
    }
}

/// What became of a read mark.
public enum ReadOutcome: Sendable, Hashable {
    /// The conversation has no such message.
    case unknown
    /// A mark stood or stands there or further, or must not move.
    case notFurther
    /// It moved, and has further to go.
    case partly
    case set
}

/// What an acknowledgement newly covers.
public struct Coverage: Sendable, Hashable {
    /// The newest message of each sender, as the sender is told in `delivered`; in the feed's order.
    public var marks: [DeliveredMark]
    /// There is more to cover.
    public var isPartial: Bool

    public init(marks: [DeliveredMark] = [], isPartial: Bool = false) {
        self.marks = marks
        self.isPartial = isPartial
    }
}

/// Everything up to `cursor` of the user's feed is on a device of theirs.
public struct Acknowledgement: Sendable, Hashable {
    public var user: UserID
    public var cursor: Int

    public init(user: UserID, cursor: Int) {
        self.user = user
        self.cursor = cursor
    }
}

/// Up to this message, what `sender` wrote is on a device of the receiver's.
public struct DeliveredMark: Sendable, Hashable {
    public var sender: UserID
    public var messageID: String

    public init(sender: UserID, messageID: String) {
        self.sender = sender
        self.messageID = messageID
    }
}

/// How far a user and their peer have their conversation.
public struct ConversationMarks: Sendable, Hashable {
    public var own: ConversationMark
    public var peer: ConversationMark

    public init(own: ConversationMark, peer: ConversationMark) {
        self.own = own
        self.peer = peer
    }
}

/// A message that passed validation and is to be stored.
///
/// An object, as `StoredMessage` is: on its way it is handed on a dozen times, which costs nothing then.
public final class MessageDraft: Sendable {
    public let sender: UserID
    public let receiver: UserID
    public let text: UntrustedText
    /// What the client calls it, as it is compared and stored: a UUID in lower case, anything else as it is.
    public let clientMessageID: String?
    /// The same as the client spelled it, which is how its answers name it.
    public let spelledClientMessageID: String?
    public let product: Product?
    /// When the server got it, by its clock.
    public let receivedAt: Timestamp
    /// Set where its sender sends too much: it must not be stored any more, if it is not already.
    public let retryAfterMs: Int?

    public init(
        sender: UserID, receiver: UserID, text: UntrustedText, clientMessageID: String? = nil,
        product: Product? = nil, receivedAt: Timestamp, retryAfterMs: Int? = nil
    ) {
        self.sender = sender
        self.receiver = receiver
        self.text = text
        self.clientMessageID = clientMessageID.map(UUIDText.canonical)
        spelledClientMessageID = clientMessageID
        self.product = product
        self.receivedAt = receivedAt
        self.retryAfterMs = retryAfterMs
    }

    /// The same, over its sender's rate.
    public func overRate(retryAfterMs: Int) -> MessageDraft {
        MessageDraft(
            sender: sender, receiver: receiver, text: text, clientMessageID: spelledClientMessageID, product: product,
            receivedAt: receivedAt, retryAfterMs: retryAfterMs)
    }
}

extension MessageDraft: Hashable {
    public static func == (left: MessageDraft, right: MessageDraft) -> Bool {
        left.sender == right.sender && left.receiver == right.receiver && left.text == right.text
            && left.spelledClientMessageID == right.spelledClientMessageID && left.product == right.product
            && left.receivedAt == right.receivedAt && left.retryAfterMs == right.retryAfterMs
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(sender)
        hasher.combine(receivedAt)
    }
}

/// A message in the database, with its place in both users' feeds.
public final class StoredMessage: Sendable {
    public let message: Message
    public let clientMessageID: String?
    public let product: Product?
    public let senderCursor: Int
    /// 0 where the receiver blocked the sender.
    public let receiverCursor: Int

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

    /// Whether the receiver may know of it.
    public var reachesReceiver: Bool { receiverCursor > 0 }

    /// The message's place in the feed of one of its two users.
    public func cursor(of user: UserID) -> Int { user == message.sender ? senderCursor : receiverCursor }

    /// The same, whose sender called it something else.
    func named(_ clientMessageID: String?) -> StoredMessage {
        StoredMessage(
            message: message, clientMessageID: clientMessageID, product: product, senderCursor: senderCursor,
            receiverCursor: receiverCursor)
    }
}

extension StoredMessage: Hashable {
    public static func == (left: StoredMessage, right: StoredMessage) -> Bool {
        left.message == right.message && left.clientMessageID == right.clientMessageID && left.product == right.product
            && left.senderCursor == right.senderCursor && left.receiverCursor == right.receiverCursor
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(message)
    }
}

public enum AppendOutcome: Sendable, Hashable {
    case stored(StoredMessage)
    /// The same sender sent the same content under this `clientMessageID` before; this is that message.
    case duplicate(StoredMessage)
    /// The same sender used this `clientMessageID` for other content (receiver or text, compared as bytes).
    case conflict
    /// The sender is banned.
    case banned
    /// Not stored, now or before: its sender sends too much.
    case rateLimited(retryAfterMs: Int)
}

/// The world's failures; the same call may succeed later.
public enum StoreError: Error, Hashable, CustomStringConvertible {
    case full
    case locked
    /// Its file was removed or replaced: what is written is lost.
    case gone
    /// Anything else, in the database's words.
    case failed(String)

    public var description: String {
        switch self {
        case .full: "the disk is full"
        case .locked: "the database is locked by another program"
        case .gone: "the database's file was removed or replaced while it was in use; start the server again"
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }

    /// By which failures are counted.
    public var kind: String {
        switch self {
        case .full: "full"
        case .locked: "locked"
        case .gone: "gone"
        case .failed: "failed"
        }
    }

    public static let kinds = ["failed", "full", "gone", "locked"]
}
