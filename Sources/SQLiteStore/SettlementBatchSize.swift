/// The number of rows that one settling transaction writes. It adapts so that the transaction takes no longer than the
/// writer may be held.
///
/// With few pages, or a database in memory, that is thousands of rows. If each row changes a page of its own, it is a
/// few.
struct SettlementBatchSize {
    /// The time that one transaction should take.
    static let aim: Duration = .milliseconds(20)
    static let fewest = 64
    static let most = 32_768
    /// The most rows for one message: its client id, three anchors, two sides of a conversation.
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
