/// How long things took, counted by fixed limits.
struct Histogram: Sendable, Equatable {
    /// In seconds: from what a disk without a battery never does to what nobody waits for.
    static let limits = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

    /// Of each limit those that took no longer, and longer than the one before; last those beyond all.
    private(set) var counts = Array(repeating: 0, count: limits.count + 1)
    private(set) var sum = 0.0

    var count: Int { counts.reduce(0, +) }

    /// A time below zero, where a clock was set back, counts as none.
    mutating func observe(_ time: Duration) {
        let (whole, attoseconds) = time.components
        let seconds = max(0, Double(whole) + Double(attoseconds) * 1e-18)
        counts[Self.limits.firstIndex { seconds <= $0 } ?? Self.limits.count] += 1
        sum += seconds
    }
}
