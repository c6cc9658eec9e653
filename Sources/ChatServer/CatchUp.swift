import ChatWire
import DequeModule

/// The part of the feed that a connection still has to be sent before it is live: pages read from the store, and
/// messages that arrived meanwhile.
///
/// Pages and live messages overlap. `next(after:)` returns each cursor once, in order.
struct CatchUp: Sendable {
    /// The highest cursor that is known to exist. The connection is live once it was sent everything up to it.
    private(set) var highestCursor = 0
    /// The cursor of the first message that arrived live.
    private(set) var firstLive: Int?
    /// Whether the client waits for `resume_complete`.
    var isResume = false
    /// Whether a receipt arrived that was not sent. If so, the marks are sent after the catch-up.
    var missedReceipt = false
    var step = Step.ready

    /// Messages that were read from the feed and not sent yet.
    private var page: Deque<StoredMessage> = []
    /// Messages that arrived live. They are contiguous.
    private var live: Deque<StoredMessage> = []
    /// The cursors of messages that this connection itself has sent. It gets `message_sent` for them, with the id as
    /// the client spelled it.
    private var own: [Int: ClientMessageID?] = [:]

    enum Step: Sendable {
        case ready
        /// A page was requested from the store.
        case reading
        /// The socket has not handed everything to the operating system yet.
        case sending
    }

    /// If more live messages are waiting, they are dropped and read from the feed again.
    static let maxLive = 128
    static let pageSize = 256
    /// The bytes that are sent before the session waits for the socket. JSON may take six bytes for a control
    /// character, so the frames may be six times as large and must still fit into the outbound queue.
    static func bytesAtOnce(fitting outboundBytes: Int) -> Int { min(96 * 1024, outboundBytes / 10) }

    mutating func noteCursor(_ cursor: Int) {
        highestCursor = max(highestCursor, cursor)
    }

    mutating func add(_ stored: StoredMessage, at cursor: Int, of user: UserID, isOwn: Bool) {
        noteCursor(cursor)
        firstLive = firstLive ?? cursor
        if isOwn { own.updateValue(stored.clientMessageID, forKey: cursor) }
        if live.count >= Self.maxLive || (live.last.map { $0.cursor(of: user) != cursor - 1 } ?? false) {
            live.removeAll()
        }
        live.append(stored)
    }

    /// Adds a page. Returns false if it is not contiguous with `cursor` in the user's feed.
    mutating func add(page messages: [StoredMessage], after cursor: Int, of user: UserID) -> Bool {
        guard !messages.isEmpty, zip(messages, (cursor + 1)...).allSatisfy({ $0.cursor(of: user) == $1 }) else {
            return false
        }
        page = Deque(messages)
        return true
    }

    /// Starts again from another cursor. The live messages are kept.
    mutating func restart(isResume: Bool) {
        page = []
        step = .ready
        self.isResume = isResume
    }

    /// Removes and returns the message after `cursor`; nil if it is not here.
    mutating func next(after cursor: Int, of user: UserID) -> (message: StoredMessage, isOwn: Bool)? {
        while let first = page.first?.cursor(of: user), first <= cursor { page.removeFirst() }
        while let first = live.first?.cursor(of: user), first <= cursor { live.removeFirst() }
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
        return (next.withClientMessageID(spelledID), true)
    }
}

extension StoredMessage {
    /// The approximate size of the message's frame in bytes.
    var wireBytes: Int { message.text.wire.utf8.count + (product?.title?.wire.utf8.count ?? 0) + 512 }
}
