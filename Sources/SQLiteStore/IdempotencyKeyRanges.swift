import ChatWire

/// The rows that settle the clients' message ids of a range of the log: ranges of ids in order, and single rows for the
/// rest.
///
/// Users are given by their indices in ``LogWriter``. The ids themselves are not compared here, since their order is
/// known.
struct IdempotencyKeyRanges {
    /// Messages of one sender, whose ids are in order.
    struct Range {
        let sender: Int
        fileprivate(set) var members: [Member] = []
    }

    /// One message of a range.
    struct Member {
        /// The digest of its id.
        var digest: UInt32
        var seq: Int64
    }

    /// The most members of a range.
    private static let most = 32
    /// A range with fewer members is written as single rows. A client with random ids may begin with a few that happen
    /// to be in order. Such a range would span half of the ids that the client makes later, and each of those would be
    /// compared with its members.
    private static let fewest = 4

    private var all: [Range] = []
    /// The index of each sender's range that may still grow.
    private var open: [Int: Int] = [:]
    private var outOfOrder: [Int64] = []

    /// - Returns: the most rows that it adds.
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

    /// The `seq`s of the messages that get rows of their own.
    var single: [Int64] {
        outOfOrder + all.lazy.filter { $0.members.count < Self.fewest }.flatMap { $0.members.map(\.seq) }
    }
}
