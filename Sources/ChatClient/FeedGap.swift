/// Detects messages that a server leaves out of the feed although they were requested. They count as missing shortly
/// after the end of a resumed feed.
///
/// A later message that arrives first is no proof, and neither is the end: the missing ones may still follow.
struct FeedGap: Sendable {
    /// How long a resumed feed may take without ending and without coming nearer to its announced end. The end may be
    /// lost, or may have come too early to be understood.
    private static let patience: Duration = .seconds(30)
    /// How long messages may take that arrive after the announced end.
    private static let lateness: Duration = .seconds(2)

    /// The cursor at which the feed ended when the connection was authorised.
    private var announced = 0
    /// The lowest and the highest cursor that arrived before their turn since the feed was resumed.
    private var early: ClosedRange<Int>?
    /// The cursor that the server named as the end of the resumed feed.
    private var end: Int?
    private var missing: ClosedRange<Int>?
    /// The number of consecutive resumed feeds that ended without the messages of `missing`.
    private var consecutiveFeeds = 0

    var hasEnded: Bool { end != nil }

    /// How long to wait for the next message.
    var patience: Duration { hasEnded ? Self.lateness : Self.patience }

    /// Begins a resumed feed.
    ///
    /// - Parameter announced: The cursor at which the feed ends now.
    mutating func resume(upTo announced: Int) {
        self.announced = announced
        early = nil
        end = nil
    }

    mutating func receivedEarly(_ cursor: Int) {
        early = early.map { min($0.lowerBound, cursor)...max($0.upperBound, cursor) } ?? cursor...cursor
    }

    /// The server says that it has sent everything up to `end`. The value is limited to the announced end and the
    /// highest cursor that arrived, since the server has nothing beyond them.
    mutating func ended(at end: Int) {
        self.end = min(end, max(announced, early?.upperBound ?? 0))
    }

    /// Whether the cursor is not beyond the end that was announced at the authorisation.
    func isAnnounced(_ cursor: Int) -> Bool { cursor <= announced }

    /// Whether the resumed feed is complete, including the messages that arrived before their turn.
    ///
    /// - Parameter last: The last cursor up to which no message is missing.
    func isComplete(having last: Int) -> Bool {
        end.map { max($0, early?.upperBound ?? $0) <= last } ?? false
    }

    /// Notes the missing messages at the end of a resumed feed. Those that were not missing the last time may only be
    /// late.
    mutating func close(having last: Int) {
        guard let end else { return }
        let upper = min(end, early.map { $0.lowerBound - 1 } ?? end)
        guard upper > last else { return }
        if let missing, missing.lowerBound == last + 1 {
            consecutiveFeeds += 1
            self.missing = last + 1...min(upper, missing.upperBound)
        } else {
            consecutiveFeeds = 1
            missing = last + 1...upper
        }
    }

    /// The messages directly after `last` that the server has left out twice. Requesting them again would never end.
    func repeatedlyMissing(after last: Int) -> ClosedRange<Int>? {
        missing.flatMap { consecutiveFeeds > 1 && $0.lowerBound - 1 == last ? $0 : nil }
    }
}
