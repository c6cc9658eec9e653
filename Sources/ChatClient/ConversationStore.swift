import ChatWire
import TextSearch

/// Stores what the client keeps for one user of one server: the history, the feed's position, unsent messages, drafts
/// and marks. Several windows (processes) of the user may share it.
///
/// Calls block until the disk has answered, so they are made on a queue of their own, one at a time.
public protocol ConversationStore: Sendable {
    /// Whether the content outlives the process. If not, the user is not told that anything is stored, and the server
    /// is not told that this machine has a message.
    var isLasting: Bool { get }

    /// Loads what opening a conversation shows. The window adopts the unsent messages of this conversation and a draft
    /// from closed windows: all of their drafts, joined, or none if the window has its own.
    /// - Parameters:
    ///   - peer: The other user of the conversation.
    ///   - limit: The maximum number of messages.
    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState

    /// Applies the changes in order, in one transaction. If `changes` is empty, the call only checks that the stored
    /// content is still in place.
    ///
    /// A transaction with an `enqueue` is on the disk when the call returns. Other transactions survive the process. A
    /// power failure may undo the last of them, together with the feed's position.
    func apply(_ changes: [StoreChange]) throws(StoreFailure)

    /// At most `limit` messages directly before one of the conversation, or the newest ones if `messageID` is nil. The
    /// page is empty if the message is unknown.
    func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage

    /// Loads what the list of conversations shows: at most `limit` conversations.
    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox

    /// The flags of all conversations that have any.
    func flags() throws(StoreFailure) -> [UserID: StoredFlags]

    /// At most `limit` messages directly after one of the conversation, or the oldest ones if `messageID` is nil. The
    /// run is empty if the message is not here.
    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun

    /// A message of the conversation and those around it, `limit` in all. The run is empty if the message is not here.
    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun

    /// The first message of the conversation, in its order, whose time is `time` or later.
    func first(of peer: UserID, since time: Timestamp) throws(StoreFailure) -> MessageID?

    /// Searches at most `limit` messages directly after one of the conversation, or the oldest ones if `messageID` is
    /// nil. A whole conversation is searched part by part, so that other calls need not wait for all of it.
    func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches

    /// The latest place in any conversation where messages are missing here.
    /// - Parameter skipped: Places before these messages are left out.
    func gap(except skipped: Set<MessageID>) throws(StoreFailure) -> StoredGap?

    /// Searches all conversations.
    /// - Parameters:
    ///   - place: Where the page begins: the `next` of the page before it. Nil for the newest messages.
    ///   - limit: The maximum number of messages.
    func find(_ query: WordQuery, before place: Int64?, limit: Int) throws(StoreFailure) -> FoundPage

    /// Adds stored messages to the index for `find`, at most `limit`. Only messages that an older version stored are
    /// missing there.
    /// - Returns: whether more are missing.
    func indexMore(limit: Int) throws(StoreFailure) -> Bool

    /// Makes this window the owner of unsent messages of closed windows: of all to `peer`, and of those in other
    /// conversations that are `waiting` and were created at `since` or later. The other messages need the user's
    /// decision, so they are left for the window that shows them. No message is given to two windows.
    /// - Parameters:
    ///   - peer: Nil while no conversation is open.
    ///   - since: Older messages in other conversations are left alone.
    /// - Returns: the adopted messages, oldest first.
    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage]
}

public enum StoreChange: Sendable, Hashable {
    /// Stores a message that was written here. It belongs to this window until it is removed. A message with the same
    /// id is replaced, and keeps its place.
    case enqueue(UnsentMessage)
    case setState(UnsentMessage.State, ofUnsent: ClientMessageID)
    case removeUnsent(id: ClientMessageID)
    /// Takes an unsent message from its window. The next window that opens its conversation adopts it.
    case disown(id: ClientMessageID)
    /// Stores a message of the feed; the `advance` to its position follows. If the message is stored already, only a
    /// missing cursor, client message id or product is added. A message of other users is ignored. The message is placed behind
    /// all others, but before those with a higher cursor.
    ///
    /// It follows the conversation's newest message without a gap if the feed had no gap since that one was stored. A
    /// message without a cursor is always taken to follow without a gap.
    case message(StoredMessage)
    /// Stores a run of messages from the server's history, oldest first and without gaps: the newest messages,
    /// requested on the connection whose feed is stored, or those directly before a message that is here. Either way
    /// the run is joined to the message that is here after it.
    ///
    /// The run's order is kept. If neither the run nor the stored message has a cursor, the run's time replaces the
    /// stored one, which may come from this machine's clock.
    ///
    /// `hasOlder`: the server has messages before the first one. If those are not here, the place before the run is a
    /// gap. Gaps between messages of the run are closed. An empty run without older messages means that the server has
    /// no messages of the conversation. That is noted if none are here either and there is no feed; otherwise it
    /// changes nothing.
    case page([StoredMessage], peer: UserID, hasOlder: Bool)
    /// Notes that the server has no messages of the conversation before this one.
    case beginning(MessageID, peer: UserID)
    /// Sets the feed's position. It is ignored if there is no position yet (`restart` comes first), if the stored epoch
    /// differs, or if the stored cursor is higher.
    case advance(FeedPosition)
    /// Begins a feed, for the first time or with other data, at this position.
    ///
    /// Conversations whose newest messages came as a `page` earlier in the same transaction continue without a gap. In
    /// every other conversation the feed's next message follows a gap.
    ///
    /// Windows that share the store may restart the feed one after the other; the last one counts. The store cannot
    /// tell whether its position is further on in the same feed, or from before the server's database was restored. If
    /// the position moves back, the messages in between arrive again.
    case restart(FeedPosition)
    /// Notes that the server's list of conversations was stored, so that no conversation is unknown here.
    case listLoaded
    /// Moves a user's marks forward; `mark.user` is one of the conversation's two users. A nil mark changes nothing. A
    /// mark to a message that is not here is replaced by one to a message that is here.
    case mark(ConversationMark, peer: UserID)
    /// Sets this window's draft for a conversation. An empty text removes it.
    case draft(Draft, peer: UserID)
    /// Sets the peer's name and the conversation's product. Nil changes nothing. A product that is named by its id alone
    /// has the title that is known for this id in this conversation, whatever was named in between.
    case profile(name: UntrustedText?, product: Product?, peer: UserID)
    /// Sets a flag of a conversation, or removes it.
    ///
    /// `last` is the conversation's last message. It is given in three cases:
    /// - The conversation is archived.
    /// - A message brings it back from the archive. It stays there if it was archived after this message, or if it is
    ///   muted, because another window may have done that meanwhile. Without `last`, the user takes it out.
    /// - It is no longer muted. If it is archived, this message counts as the last one before that, since what came
    ///   while it was muted does not bring it back.
    case flag(ConversationFlag, Bool, peer: UserID, last: MessageID?)
}

/// A message as the store keeps it.
public struct StoredMessage: Sendable, Hashable {
    public var message: Message
    /// The message's position in this user's feed; nil from a server of protocol 1.
    public var cursor: Int? {
        didSet { message.cursor = cursor }
    }
    /// The id that the client of this user gave the message; nil for the peer's messages.
    public var clientMessageID: ClientMessageID?
    public var product: Product? {
        didSet { message.product = product }
    }

    public init(
        message: Message, cursor: Int? = nil, clientMessageID: ClientMessageID? = nil, product: Product? = nil
    ) {
        self.message = message
        self.message.cursor = cursor
        self.message.product = product
        self.cursor = cursor
        self.clientMessageID = clientMessageID
        self.product = product
    }
}

/// Neighbouring messages of a conversation, oldest first, in the order of `MessagePlace`.
public struct StoredPage: Sendable, Hashable {
    public var messages: [StoredMessage]
    /// Whether the store has older messages directly before these.
    public var hasOlder: Bool
    /// Whether the server has, or may have, messages directly before the first one that are not here. A page never
    /// crosses such a gap: the page before a message that follows a gap is empty and has this set.
    public var followsGap: Bool

    public init(messages: [StoredMessage] = [], hasOlder: Bool = false, followsGap: Bool = false) {
        self.messages = messages
        self.hasOlder = hasOlder
        self.followsGap = followsGap
    }
}

/// Stored messages of a conversation, oldest first. They may contain gaps.
public struct StoredRun: Sendable, Hashable {
    public var messages: [StoredMessage]
    /// Whether the store has messages before these.
    public var hasOlder: Bool
    /// Whether the store has messages after these.
    public var hasNewer: Bool

    public init(messages: [StoredMessage] = [], hasOlder: Bool = false, hasNewer: Bool = false) {
        self.messages = messages
        self.hasOlder = hasOlder
        self.hasNewer = hasNewer
    }
}

/// The matches in a part of a conversation.
public struct StoredMatches: Sendable, Hashable {
    /// Oldest first.
    public var ids: [MessageID]
    /// The last message that was searched, if there may be more after it.
    public var last: MessageID?

    public init(ids: [MessageID] = [], last: MessageID? = nil) {
        self.ids = ids
        self.last = last
    }
}

/// What the store has of a conversation when it is opened.
public struct StoredState: Sendable, Hashable {
    /// Nil if the store has never received this user's feed.
    public var position: FeedPosition?
    public var newest: StoredPage
    /// Whether the newest message here is also the last one that the feed had of the conversation, up to `position`. If
    /// there is no message: whether the server had none when it was last asked.
    public var reachesFeed: Bool
    /// This conversation's unsent messages, oldest first.
    public var unsent: [UnsentMessage]
    /// Whether closed windows left more messages that could not be adopted because the disk was full.
    public var isAdoptionPending: Bool
    public var draft: Draft?
    /// This conversation's marks, as far as they are known: the user's own and the peer's.
    public var marks: [ConversationMark]
    public var peerName: UntrustedText?
    /// What the conversation is about.
    public var product: Product?
    /// The products that the conversation's messages named, at most `maxProducts`, each once. The one that was named
    /// last is the first.
    public var products: [Product]

    /// The maximum number of products that a store tells of a conversation.
    public static let maxProducts = 50

    public init(
        position: FeedPosition? = nil, newest: StoredPage = StoredPage(), reachesFeed: Bool = false,
        unsent: [UnsentMessage] = [], isAdoptionPending: Bool = false, draft: Draft? = nil,
        marks: [ConversationMark] = [], peerName: UntrustedText? = nil, product: Product? = nil,
        products: [Product] = []
    ) {
        self.position = position
        self.newest = newest
        self.reachesFeed = reachesFeed
        self.unsent = unsent
        self.isAdoptionPending = isAdoptionPending
        self.draft = draft
        self.marks = marks
        self.peerName = peerName
        self.product = product
        self.products = products
    }
}
