/// How many rows are written in one transaction that settles: as many as take no longer than the writer may be held.
///
/// With few pages, or a database that is in memory, that is thousands. Where each row changes a page of its own, it is a few.
struct SettlementPace {
    /// How long one transaction may take.
    static let aim: Duration = .milliseconds(20)
    static let fewest = 64
    static let most = 32_768
    /// So many at most follow from one message: what its sender called it, three anchors, two sides of a conversation.
    static let ofOneMessage = 6

    private(set) var rows = 1024

    mutating func note(_ count: Int, took time: Duration) {
        if time > Self.aim {
            rows = max(Self.fewest, min(rows, count) / 2)
        } else if count >= rows, time < Self.aim / 2 {
            rows = min(Self.most, rows * 2)
        }
    }
}
