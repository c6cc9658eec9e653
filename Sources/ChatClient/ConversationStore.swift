import ChatWire
import TextSearch

/// What the client keeps on this machine for one user of one server: history, the feed's position, unsent messages, drafts
/// and marks. Several windows (processes) of the user may share it.
///
/// Calls block until the disk has answered, so they are made on a queue of their own, one at a time.
public protocol ConversationStore: Sendable {
    /// Whether what the store has taken outlives the process. Where it does not, the user is not told that anything is
    /// kept, and nobody that this machine has it.
    var isLasting: Bool { get }

    /// What the window of a conversation opens with. This conversation's unsent messages and draft, where they belong to
    /// windows that are gone, become this window's; of several drafts the one changed last, and none where it has its own.
    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState

    /// Makes all the changes, in order, in one transaction: all of them or none. Without any it tells whether what was taken
    /// before is still kept.
    ///
    /// A transaction with an `enqueue` has reached the disk when the call returns. The others survive the process, but
    /// the power failing may take the last ones back, together with the feed's position.
    func apply(_ changes: [StoreChange]) throws(StoreFailure)

    /// The messages just before one of the conversation, or the newest ones; an unknown `before` gives an empty page.
    func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage

    /// What an inbox opens with: so many conversations at most.
    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox

    /// The messages just behind one of the conversation; none where that one is not here, and its oldest
    /// ones without one.
    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun

    /// A message of the conversation with those around it; none where it is not here.
    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun

    /// What a query finds among so many messages of the conversation: those just behind one of it, or its oldest without
    /// one. Of a whole conversation that is asked part by part, so that other calls do not wait for all of it.
    func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches

    /// What this window is to send in place of windows that are gone, and owns from now on; oldest first: all unsent
    /// messages of this conversation, and those of other ones that wait and are not older than `since`. (What needs the
    /// user's word is left for the window in which they can give it.) Two windows never get the same one. `peer` is nil
    /// where no conversation is open.
    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage]
}

public enum StoreChange: Sendable, Hashable {
    /// A message was written here. It belongs to this window until it is removed. The same id again replaces it in its
    /// place.
    case enqueue(UnsentMessage)
    case setState(UnsentMessage.State, ofUnsent: ClientMessageID)
    case removeUnsent(id: ClientMessageID)
    /// It belongs to no window any more: that of its conversation adopts it.
    case disown(id: ClientMessageID)
    /// A message of the feed, before its `advance`. One that is there already stays; a cursor or client id that it lacked
    /// is added. One of other users is ignored. It goes behind all that is here, but before what has a higher cursor.
    ///
    /// It comes after the conversation's newest without a gap where the feed has gone on without a hole since that one was
    /// stored. A message without a cursor is taken to do so.
    case message(StoredMessage)
    /// A run of a conversation as the server has it, oldest first and without holes: the newest messages, asked for on
    /// the connection whose feed is stored, or those just before one that is here. So it also joins the message that is
    /// here after it.
    ///
    /// The run's own order holds. Where neither the run nor what is here has a message's cursor, the run's time counts: the other
    /// one may be of this machine's clock.
    ///
    /// `hasOlder`: the server has messages before the first one. Where those are not here, that place is a gap; a gap
    /// between messages that the run joins is closed. An empty run with nothing older says that the server has nothing of
    /// the conversation, which counts as long as nothing of it is here and there is no feed; else it changes nothing.
    case page([StoredMessage], peer: UserID, hasOlder: Bool)
    /// The feed is here up to this position. Ignored where there is none yet (`restart` comes first), where the stored
    /// epoch is another, or its cursor further on.
    case advance(FeedPosition)
    /// The feed begins anew, with other data or for the first time, and is taken to be here up to this position.
    ///
    /// Conversations whose newest messages came as a `page` before it in the same transaction go on without a gap; in
    /// every other one the feed's next message follows a gap.
    ///
    /// Windows that share the store may do so one after the other, and the last one counts. Nobody can tell whether what
    /// is stored is the same feed further on, or one of before the server's database was restored; what is set back comes
    /// once more.
    case restart(FeedPosition)
    /// Marks only move forward; one to a message that is not here yields to one that is. A nil leaves what is known.
    /// `mark.user` is either of the conversation's two.
    case mark(ConversationMark, peer: UserID)
    /// This window's draft for a conversation; empty removes it.
    case draft(String, peer: UserID)
    /// How the peer is called, and what the conversation is about; nil leaves what is known, as does a product of the
    /// same id without a title.
    case profile(name: UntrustedText?, product: Product?, peer: UserID)
}

/// A message as the store keeps it.
public struct StoredMessage: Sendable, Hashable {
    public var message: Message
    /// Its place in this user's feed. Nil from a server of the first protocol.
    public var cursor: Int? {
        didSet { message.cursor = cursor }
    }
    /// What this user called it, if they wrote it.
    public var clientMessageID: ClientMessageID?
    public var product: Product?

    public init(
        message: Message, cursor: Int? = nil, clientMessageID: ClientMessageID? = nil, product: Product? = nil
    ) {
        self.message = message
        self.message.cursor = cursor
        self.cursor = cursor
        self.clientMessageID = clientMessageID
        self.product = product
    }
}

/// Neighbouring messages of a conversation, oldest first: as `MessagePlace` orders them.
public struct StoredPage: Sendable, Hashable {
    public var messages: [StoredMessage]
    /// Older messages are in the store, next to these.
    public var hasOlder: Bool
    /// The server has, or may have, messages just before the first one that are not here. A page never reaches over a gap:
    /// asked for what is before a message that follows one, it is empty and says so.
    public var followsGap: Bool

    public init(messages: [StoredMessage] = [], hasOlder: Bool = false, followsGap: Bool = false) {
        self.messages = messages
        self.hasOlder = hasOlder
        self.followsGap = followsGap
    }
}

/// Messages of a conversation in a row, oldest first, as far as they are here.
public struct StoredRun: Sendable, Hashable {
    public var messages: [StoredMessage]
    /// Others are here before these.
    public var hasOlder: Bool
    /// Others are here behind these.
    public var hasNewer: Bool

    public init(messages: [StoredMessage] = [], hasOlder: Bool = false, hasNewer: Bool = false) {
        self.messages = messages
        self.hasOlder = hasOlder
        self.hasNewer = hasNewer
    }
}

/// What was found in a part of a conversation.
public struct StoredMatches: Sendable, Hashable {
    /// Oldest first.
    public var ids: [MessageID]
    /// The last message that was looked at, where others may be behind it.
    public var last: MessageID?

    public init(ids: [MessageID] = [], last: MessageID? = nil) {
        self.ids = ids
        self.last = last
    }
}

/// What a window opens with.
public struct StoredState: Sendable, Hashable {
    /// Nil: this user's feed was never here.
    public var position: FeedPosition?
    public var newest: StoredPage
    /// The newest message here is the last that the feed had of the conversation, up to `position`. Without any message: the
    /// server had none when it was asked last.
    public var reachesFeed: Bool
    /// Of the open conversation, oldest first.
    public var unsent: [UnsentMessage]
    /// Gone windows left more of it, which could not become this window's: the disk takes nothing.
    public var leavesBehind: Bool
    public var draft: String?
    /// Of the open conversation: the user's own and the peer's, where known.
    public var marks: [ConversationMark]
    public var peerName: UntrustedText?
    public var product: Product?

    public init(
        position: FeedPosition? = nil, newest: StoredPage = StoredPage(), reachesFeed: Bool = false,
        unsent: [UnsentMessage] = [], leavesBehind: Bool = false, draft: String? = nil, marks: [ConversationMark] = [],
        peerName: UntrustedText? = nil, product: Product? = nil
    ) {
        self.position = position
        self.newest = newest
        self.reachesFeed = reachesFeed
        self.unsent = unsent
        self.leavesBehind = leavesBehind
        self.draft = draft
        self.marks = marks
        self.peerName = peerName
        self.product = product
    }
}
