/// A histogram of durations with fixed bucket limits.
struct Histogram: Sendable, Equatable {
    /// The upper limits of the buckets in seconds. They range from times that no disk without a battery reaches to
    /// times that no user waits for.
    static let limits = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

    /// The count of each bucket: times up to its limit and above the limit before. The last bucket holds the times
    /// above all limits.
    private(set) var counts = Array(repeating: 0, count: limits.count + 1)
    private(set) var sum = 0.0

    var count: Int { counts.reduce(0, +) }

    /// Counts a time. A negative one, which a clock that was set back can give, counts as zero.
    mutating func observe(_ time: Duration) {
        let (whole, attoseconds) = time.components
        let seconds = max(0, Double(whole) + Double(attoseconds) * 1e-18)
        counts[Self.limits.firstIndex { seconds <= $0 } ?? Self.limits.count] += 1
        sum += seconds
    }
}
