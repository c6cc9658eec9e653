/// How many messages are settled in one transaction: as many as take no longer than the writer may be held.
///
/// With few conversations, or a database that is in memory, that is thousands. Where each message changes pages of its own, it is
/// a few.
struct SettlementPace {
    /// How long one transaction may take.
    static let aim: Duration = .milliseconds(20)
    static let fewest = 16
    static let most = 4096

    private(set) var messages = 256

    mutating func note(_ count: Int, took time: Duration) {
        if time > Self.aim {
            messages = max(Self.fewest, min(messages, count) / 2)
        } else if count >= messages, time < Self.aim / 3 {
            messages = min(Self.most, messages * 2)
        }
    }
}
