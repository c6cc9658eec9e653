/// What a server leaves out of the feed, though it was asked for it: what is missing a moment after a resumed feed's end.
///
/// That a later message came first, or the end, tells nothing yet: what they overtook may follow.
struct FeedGap: Sendable {
    /// So long a resumed feed may neither come nearer to where it ended at the authorisation, nor end: its end may be lost,
    /// or have come too early to be understood.
    private static let patience: Duration = .seconds(30)
    /// So long what the end overtook may take to follow.
    private static let lateness: Duration = .seconds(2)

    /// Where the feed ended when the connection was authorised.
    private var announced = 0
    /// The lowest and the highest cursor that came before their turn since the feed was resumed.
    private var early: ClosedRange<Int>?
    /// What the server said to be the end of the resumed feed.
    private var end: Int?
    private var missing: ClosedRange<Int>?
    /// At the end of so many resumed feeds in turn.
    private var times = 0

    var hasEnded: Bool { end != nil }

    /// How long to wait for what comes next.
    var patience: Duration { hasEnded ? Self.lateness : Self.patience }

    /// The server is asked for what comes after the last one.
    ///
    /// - Parameter announced: where the feed ends now.
    mutating func resume(upTo announced: Int) {
        self.announced = announced
        early = nil
        end = nil
    }

    mutating func cameEarly(_ cursor: Int) {
        early = early.map { min($0.lowerBound, cursor)...max($0.upperBound, cursor) } ?? cursor...cursor
    }

    /// The server has sent all up to `end`, as it says. It has nothing beyond what it announced and what came.
    mutating func ended(at end: Int) {
        self.end = min(end, max(announced, early?.upperBound ?? 0))
    }

    /// Whether that is where the feed was when it was announced, or before it.
    func isAnnounced(_ cursor: Int) -> Bool { cursor <= announced }

    /// Whether the resumed feed is here with all that came before its turn.
    ///
    /// - Parameter last: what is here without a gap.
    func isComplete(having last: Int) -> Bool {
        end.map { max($0, early?.upperBound ?? $0) <= last } ?? false
    }

    /// What did not come is missing. What was not missing the last time is only late.
    mutating func close(having last: Int) {
        guard let end else { return }
        let upper = min(end, early.map { $0.lowerBound - 1 } ?? end)
        guard upper > last else { return }
        if let missing, missing.lowerBound == last + 1 {
            times += 1
            self.missing = last + 1...min(upper, missing.upperBound)
        } else {
            times = 1
            missing = last + 1...upper
        }
    }

    /// What the server left out again behind the last one that is here. Asking once more would go on for ever.
    func leftOutAgain(behind last: Int) -> ClosedRange<Int>? {
        missing.flatMap { times > 1 && $0.lowerBound - 1 == last ? $0 : nil }
    }
}
