import ChatWire
import DequeModule

/// What a connection is still to be sent before it is live: pages of the feed, then what came meanwhile.
///
/// Pages and live messages overlap; `next(after:)` gives each cursor once, and in order.
struct CatchUp: Sendable {
    /// The highest cursor that is known to exist. When so much was sent, the connection is live.
    private(set) var highestCursor = 0
    /// The first message that came live.
    private(set) var firstLive: Int?
    /// Whether the client waits for `resume_complete`.
    var isResume = false
    /// A receipt came that was not passed on: the marks are to be told afterwards.
    var missedReceipt = false
    var step = Step.ready

    /// Read from the feed and not sent yet.
    private var page: Deque<StoredMessage> = []
    /// Came live, without holes.
    private var live: Deque<StoredMessage> = []
    /// The cursors of messages that were sent on this very connection, which gets `message_sent` in their place, each with
    /// the id that the client spelled.
    private var own: [Int: ClientMessageID?] = [:]

    enum Step: Sendable {
        case ready
        /// A page was asked for.
        case reading
        /// What was sent is not with the system yet.
        case sending
    }

    /// Above this many live messages, they are forgotten and read again from the feed.
    static let maxLive = 128
    static let pageSize = 256
    /// How much is sent before the socket has to have taken it. A control character takes six bytes in JSON, so this
    /// may become six times as much, and still has to fit into the outbox.
    static func bytesAtOnce(fitting outboundBytes: Int) -> Int { min(96 * 1024, outboundBytes / 10) }

    mutating func noteCursor(_ cursor: Int) {
        highestCursor = max(highestCursor, cursor)
    }

    mutating func add(_ stored: StoredMessage, at cursor: Int, of user: UserID, isOwn: Bool) {
        noteCursor(cursor)
        firstLive = firstLive ?? cursor
        if isOwn { own.updateValue(stored.clientMessageID, forKey: cursor) }
        if live.count >= Self.maxLive || (live.last.map { $0.cursor(of: user) + 1 != cursor } ?? false) {
            live.removeAll()
        }
        live.append(stored)
    }

    /// Takes a page in. False if it is not what follows `cursor` in the user's feed.
    mutating func add(page messages: [StoredMessage], after cursor: Int, of user: UserID) -> Bool {
        guard !messages.isEmpty, zip(messages, (cursor + 1)...).allSatisfy({ $0.cursor(of: user) == $1 }) else {
            return false
        }
        page = Deque(messages)
        return true
    }

    /// Begins anew from another cursor. What is known of live messages stays good.
    mutating func restart(isResume: Bool) {
        page = []
        step = .ready
        self.isResume = isResume
    }

    /// The message after `cursor`, if it is here.
    mutating func next(after cursor: Int, of user: UserID) -> (message: StoredMessage, isOwn: Bool)? {
        while let first = page.first, first.cursor(of: user) <= cursor { page.removeFirst() }
        while let first = live.first, first.cursor(of: user) <= cursor { live.removeFirst() }
        let next =
            if page.first?.cursor(of: user) == cursor + 1 {
                page.popFirst()
            } else if live.first?.cursor(of: user) == cursor + 1 {
                live.popFirst()
            } else {
                StoredMessage?.none
            }
        guard let next else { return nil }
        guard let spelledID = own.removeValue(forKey: cursor + 1) else { return (next, false) }
        return (next.named(spelledID), true)
    }
}

extension StoredMessage {
    /// About what it takes on the wire.
    var wireBytes: Int { message.text.wire.utf8.count + (product?.title?.wire.utf8.count ?? 0) + 512 }
}
