/// How much somebody may do: so much at once, and then so much a second.
public struct Rate: Sendable, Hashable {
    public var burst: Int
    /// How much in ten seconds, so that a tenth of any burst is a whole number.
    private let inTenSeconds: Int

    public init(burst: Int, perSecond: Int) {
        self.burst = burst
        inTenSeconds = perSecond * 10
    }

    /// So much at once, and a tenth of it a second after that.
    public init(burst: Int) {
        self.burst = burst
        inTenSeconds = burst
    }

    /// Rounded down.
    public var perSecond: Int { inTenSeconds / 10 }

    /// In how many nanoseconds one more may be done; one at least.
    var interval: Double { 10_000_000_000 / Double(min(max(1, inTenSeconds), 10_000_000_000)) }
}
