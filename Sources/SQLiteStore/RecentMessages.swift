import ChatWire
import DequeModule

/// The last messages of the log, without their texts: what is acknowledged mostly came just now, and need not be read again.
///
/// Users go by the indices of ``LogWriter``.
struct RecentMessages {
    struct Entry {
        var id: String
        var sender: Int
        /// The `seq` of the message before it in its sender's feed.
        var senderPrevious: Int64
        /// The same in its receiver's; nil where it is in no feed but the sender's.
        var receiverPrevious: Int64?
    }

    /// An entry takes about 130 bytes, with its id.
    private static let most = 16_384

    private var entries: Deque<Entry> = []
    private var last: Int64 = 0

    /// - Parameter seq: The one behind that of the last entry, if there is one.
    mutating func append(_ entry: Entry, at seq: Int64) {
        if entries.count == Self.most { entries.removeFirst() }
        entries.append(entry)
        last = seq
    }

    subscript(seq: Int64) -> Entry? {
        let index = entries.count - 1 - Int(last - seq)
        return entries.indices.contains(index) ? entries[index] : nil
    }
}
