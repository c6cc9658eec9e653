import ChatWire

/// What is written of what the messages of a part of the log are called: ranges of those that were called in order, and the others.
///
/// Users go by the indices of ``LogWriter``. Ids are not looked at, only who called something in order.
struct SendingRanges {
    /// Messages of one sender within a block of the sender's feed, all of them called in order.
    struct Range {
        let sender: Int
        /// The places in the log of the first and of the last one.
        let first: Int64
        fileprivate(set) var last: Int64
        /// That of the first one.
        let cursor: Int64
        fileprivate var count = 1

        fileprivate var isWorthARow: Bool { count >= SendingRanges.fewest }
    }

    /// Fewer have rows of their own. A client whose ids are random may have a few in order when it begins: a range of those would hold
    /// half of all ids that it makes later, and each of these would be sought in it. Six are in order with one of 720 such clients.
    private static let fewest = 6

    private var all: [Range] = []
    /// By sender: the range that is not at its end.
    private var open: [Int: Int] = [:]
    private var outOfOrder: [Int64] = []
    /// The first ones of each range, as long as it may turn out to be not worth a row.
    private var beginnings: [(range: Int, seq: Int64)] = []

    /// - Returns: how many rows it takes, at most.
    mutating func add(_ entry: RecentMessages.Entry, at seq: Int64) -> Int {
        let cursor = entry.inSenders.cursor
        switch entry.name {
        case .none: return 0
        case .other:
            open[entry.sender] = nil
            outOfOrder.append(seq)
            return 1
        case .ascending:
            let index: Int
            if let current = open[entry.sender], Self.block(of: all[current].cursor) == Self.block(of: cursor) {
                index = current
                all[index].last = seq
                all[index].count += 1
            } else {
                index = all.count
                open[entry.sender] = index
                all.append(Range(sender: entry.sender, first: seq, last: seq, cursor: cursor))
            }
            if all[index].isWorthARow { return 0 }
            beginnings.append((index, seq))
            return 1
        }
    }

    var ranges: some Sequence<Range> { all.lazy.filter(\.isWorthARow) }

    /// The places of those that have rows of their own.
    var single: [Int64] {
        outOfOrder + beginnings.lazy.filter { !all[$0.range].isWorthARow }.map(\.seq)
    }

    private static func block(of cursor: Int64) -> Int64 { cursor / Anchors.stride }

    /// The last cursor of the block of a feed.
    static func end(of cursor: Int64) -> Int64 { (block(of: cursor) + 1) * Anchors.stride - 1 }
}
