import ChatWire
import DequeModule

/// The newest messages of the log without their texts. Settlement and acknowledgements mostly concern messages that
/// came just now, which then need not be read again.
///
/// Users are given by their indices in ``LogWriter``.
struct RecentMessages {
    /// It contains no references, so copying it costs no reference counting.
    struct Entry {
        var sender: Int
        var receiver: Int
        var createdAt: Timestamp
        var name: Name
        var hasProduct: Bool
        var inSenders: FeedPlace
        /// Nil if the receiver may not see the message, or if sender and receiver are the same user.
        var inReceivers: FeedPlace?
        /// The message's number in its conversation.
        var place: Int64

        /// Whether the receiver may see the message.
        var reachesReceiver: Bool { inReceivers != nil || receiver == sender }
    }

    /// The id that the sender gave the message.
    enum Name {
        case none
        /// An id above all that the sender used before. Only a digest of it is kept.
        case ascending(digest: UInt32)
        case other
    }

    /// A message's position in a feed.
    struct FeedPlace {
        var cursor: Int64
        /// The `seq` of the message before it; 0 if there is none.
        var previous: Int64
    }

    /// The capacity. More messages than may wait to be settled. An entry takes 80 bytes.
    private static let most = 32_768

    private var entries: Deque<Entry> = []
    private var last: Int64 = 0

    /// - Parameter seq: It must follow that of the last entry, if there is one.
    mutating func append(_ entry: Entry, at seq: Int64) {
        if entries.count == Self.most { entries.removeFirst() }
        entries.append(entry)
        last = seq
    }

    subscript(seq: Int64) -> Entry? { holds(seq) ? entries[index(of: seq)] : nil }

    /// Whether all messages of a range are cached.
    func holds(_ part: ClosedRange<Int64>) -> Bool { holds(part.lowerBound) && holds(part.upperBound) }

    private func holds(_ seq: Int64) -> Bool { entries.indices.contains(index(of: seq)) }

    private func index(of seq: Int64) -> Int { entries.count - 1 - Int(last - seq) }
}
