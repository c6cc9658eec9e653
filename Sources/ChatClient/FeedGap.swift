/// What a server leaves out of the feed, though it was asked for it: what is missing where a resumed feed is complete.
///
/// That a later message came first tells nothing yet: what it overtook may follow.
struct FeedGap: Sendable {
    /// So long a resumed feed may neither go on nor end: its end may be lost, or have come too early to be understood.
    static let patience: Duration = .seconds(30)

    /// The lowest and the highest cursor that came before their turn since the feed was resumed.
    private var early: ClosedRange<Int>?
    private var missing: ClosedRange<Int>?
    /// At the end of so many resumed feeds in turn.
    private var times = 0

    /// The server is asked for what comes after the last one.
    mutating func resume() { early = nil }

    mutating func cameEarly(_ cursor: Int) {
        early = early.map { min($0.lowerBound, cursor)...max($0.upperBound, cursor) } ?? cursor...cursor
    }

    /// Whether all came, now that the server has sent all up to `end`.
    ///
    /// - Parameter last: what is here without a gap.
    mutating func isComplete(upTo end: Int, having last: Int) -> Bool {
        let upper = min(end, early.map { $0.lowerBound - 1 } ?? end)
        if upper > last {
            times = missing?.lowerBound == last + 1 ? times + 1 : 1
            missing = last + 1...upper
        }
        return max(end, early?.upperBound ?? end) <= last
    }

    /// Whether the server has nothing at these places.
    func isLeftOut(_ places: ClosedRange<Int>) -> Bool {
        missing.map { $0.lowerBound == places.lowerBound && places.upperBound <= $0.upperBound } ?? false
    }

    /// What the server left out again behind the last one that is here. Asking once more would go on for ever.
    func leftOutAgain(behind last: Int) -> ClosedRange<Int>? {
        missing.flatMap { times > 1 && $0.lowerBound - 1 == last ? $0 : nil }
    }
}
