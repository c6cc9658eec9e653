import ChatWire

/// What is written of what the messages of a part of the log are called: ranges of those that were called in order, and the others.
///
/// Users go by the indices of ``LogWriter``. Ids are not looked at, only who called something in order.
struct SendingRanges {
    /// Messages of one sender, all of them called in order.
    struct Range {
        let sender: Int
        fileprivate(set) var members: [Member] = []
    }

    /// A message of a range.
    struct Member {
        /// Of what it is called.
        var digest: UInt32
        var seq: Int64
    }

    /// A range has no more members.
    private static let most = 32
    /// Fewer have rows of their own. A client whose ids are random may have a few in order when it begins; a range of those would hold
    /// half of all ids that it makes later, and each of these would be compared with its members.
    private static let fewest = 4

    private var all: [Range] = []
    /// By sender: the range that is not at its end.
    private var open: [Int: Int] = [:]
    private var outOfOrder: [Int64] = []

    /// - Returns: how many rows it takes, at most.
    mutating func add(_ entry: RecentMessages.Entry, at seq: Int64) -> Int {
        switch entry.name {
        case .none: return 0
        case .other:
            open[entry.sender] = nil
            outOfOrder.append(seq)
            return 1
        case .ascending(let digest):
            let member = Member(digest: digest, seq: seq)
            if let index = open[entry.sender], all[index].members.count < Self.most {
                all[index].members.append(member)
                return all[index].members.count < Self.fewest ? 1 : 0
            }
            open[entry.sender] = all.count
            all.append(Range(sender: entry.sender, members: [member]))
            return 1
        }
    }

    var ranges: some Sequence<Range> { all.lazy.filter { $0.members.count >= Self.fewest } }

    /// The places of those that have rows of their own.
    var single: [Int64] {
        outOfOrder + all.lazy.filter { $0.members.count < Self.fewest }.flatMap { $0.members.map(\.seq) }
    }
}
