import ChatWire
import DequeModule

/// The part of the feed that a connection still has to be sent before it is live: pages read from the store, and
/// messages that arrived meanwhile.
///
/// Pages and live messages overlap. `next(after:)` returns each cursor once, in order.
struct CatchUp: Sendable {
    /// The highest cursor that this server has seen in the store.
    private var seenCursor = 0
    /// The highest cursor that another node or program has told of. Only the store knows whether it is true.
    private var hintedCursor = 0
    /// The highest one that was told of since the last page was asked for, which may not have it yet.
    private var hintedMeanwhile = 0
    /// `seenCursor` when the last page was asked for, which has everything up to it.
    private var seenBefore = 0
    /// The cursor of the first message that arrived live.
    private(set) var firstLive: Int?
    /// Whether the client waits for `resume_complete`.
    var isResume = false
    /// Receipts that arrived meanwhile. Each may be about a message that is still to be sent, so they are sent after it.
    private(set) var receipts: [ServerEvent] = []
    /// Whether a receipt was not kept. If so, the marks are sent after the catch-up.
    var missedReceipt = false
    var step = Step.ready

    /// Messages that were read from the feed and not sent yet.
    private var page: Deque<StoredMessage> = []
    /// Messages that arrived live. They are contiguous.
    private var live: Deque<StoredMessage> = []
    /// The messages that this connection itself has sent, by their cursors. It gets `message_sent` for them, with the
    /// id as the client spelled it.
    private var own: [Int: (spelledID: ClientMessageID?, outcome: OwnMessage)] = [:]

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

    /// Keeps a receipt. After a resume all marks are sent anyway.
    mutating func add(_ receipt: ServerEvent) {
        if isResume || receipts.count >= PeerSyncProgress.maxReceipts {
            missedReceipt = true
        } else {
            receipts.append(receipt)
        }
    }

    /// The connection is live once it was sent everything up to this cursor.
    var highestCursor: Int { max(seenCursor, hintedCursor) }

    mutating func noteCursor(_ cursor: Int) {
        seenCursor = max(seenCursor, cursor)
    }

    mutating func noteHint(_ cursor: Int) {
        hintedCursor = max(hintedCursor, cursor)
        hintedMeanwhile = max(hintedMeanwhile, cursor)
    }

    mutating func beginReading() {
        step = .reading
        hintedMeanwhile = 0
        seenBefore = seenCursor
    }

    /// The feed ended at this cursor, whatever hints said that came before the page was asked for. A message may have
    /// arrived live since.
    ///
    /// - Returns: false if the store had more before.
    private mutating func noteEnd(at cursor: Int) -> Bool {
        hintedCursor = hintedMeanwhile
        return seenBefore <= cursor
    }

    mutating func add(_ stored: StoredMessage, at cursor: Int, of user: UserID, own outcome: OwnMessage?) {
        noteCursor(cursor)
        firstLive = firstLive ?? cursor
        if let outcome { own[cursor] = (stored.clientMessageID, outcome) }
        if let first = live.first?.cursor(of: user), let last = live.last?.cursor(of: user), first...last ~= cursor {
            return
        }
        if live.count >= Self.maxLive || (live.last.map { $0.cursor(of: user) != cursor - 1 } ?? false) {
            live.removeAll()
        }
        live.append(stored)
    }

    /// Adds a page. Returns false if it is not contiguous with `cursor` in the user's feed, or lacks what was there.
    mutating func add(page messages: [StoredMessage], after cursor: Int, of user: UserID) -> Bool {
        if messages.isEmpty { return noteEnd(at: cursor) }
        guard zip(messages, (cursor + 1)...).allSatisfy({ $0.cursor(of: user) == $1 }) else {
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
    mutating func next(after cursor: Int, of user: UserID) -> (message: StoredMessage, own: OwnMessage?)? {
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
        guard let own = own.removeValue(forKey: cursor + 1) else { return (next, nil) }
        return (next.withClientMessageID(own.spelledID), own.outcome)
    }
}

/// How a message that this connection has sent came into the feed.
enum OwnMessage: Sendable {
    case new
    /// An earlier connection had sent it.
    case repeated
}

extension StoredMessage {
    /// The approximate size of the message's frame in bytes.
    var wireBytes: Int { message.text.wire.utf8.count + (product?.title?.wire.utf8.count ?? 0) + 512 }
}
