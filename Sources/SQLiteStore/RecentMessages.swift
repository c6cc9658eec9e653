import ChatWire
import DequeModule

/// The last messages of the log, without their texts: what is settled and what is acknowledged mostly came just now, and need not
/// be read again.
///
/// Users go by the indices of ``LogWriter``.
struct RecentMessages {
    /// Nothing in it is an object, so that it costs nothing to hand on.
    struct Entry {
        var sender: Int
        var receiver: Int
        var createdAt: Timestamp
        var name: Name
        var hasProduct: Bool
        var inSenders: FeedPlace
        /// Nil where it is in no feed but the sender's, or where that is the receiver's too.
        var inReceivers: FeedPlace?
        /// Which message of its conversation it is.
        var place: Int64

        /// Whether the receiver may know of it.
        var reachesReceiver: Bool { inReceivers != nil || receiver == sender }
    }

    /// What its sender called a message.
    enum Name {
        case none
        /// An id above all that the sender had used, of which a few bytes are known.
        case ascending(digest: UInt32)
        case other
    }

    /// Where a message is in a feed.
    struct FeedPlace {
        var cursor: Int64
        /// The `seq` of the message before it.
        var previous: Int64
    }

    /// More than may wait to be settled. An entry takes 80 bytes.
    private static let most = 32_768

    private var entries: Deque<Entry> = []
    private var last: Int64 = 0

    /// - Parameter seq: The one behind that of the last entry, if there is one.
    mutating func append(_ entry: Entry, at seq: Int64) {
        if entries.count == Self.most { entries.removeFirst() }
        entries.append(entry)
        last = seq
    }

    subscript(seq: Int64) -> Entry? { holds(seq) ? entries[index(of: seq)] : nil }

    /// Whether all of a part of the log are there.
    func holds(_ part: ClosedRange<Int64>) -> Bool { holds(part.lowerBound) && holds(part.upperBound) }

    private func holds(_ seq: Int64) -> Bool { entries.indices.contains(index(of: seq)) }

    private func index(of seq: Int64) -> Int { entries.count - 1 - Int(last - seq) }
}
