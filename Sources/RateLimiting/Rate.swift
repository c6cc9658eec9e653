/// A rate limit: a burst that is allowed at once, and a number per second after that.
public struct Rate: Sendable, Hashable {
    public var burst: Int
    /// The rate is kept per ten seconds, so that a tenth of any burst is a whole number.
    private let inTenSeconds: Int

    public init(burst: Int, perSecond: Int) {
        self.burst = burst
        inTenSeconds = perSecond * 10
    }

    /// Allows `burst` at once, and a tenth of `burst` per second after that.
    public init(burst: Int) {
        self.burst = burst
        inTenSeconds = burst
    }

    /// The rate per second, rounded down.
    public var perSecond: Int { inTenSeconds / 10 }

    /// The nanoseconds between two permits: GCRA's emission interval. A rate below one in ten seconds counts as that.
    var emissionInterval: Double { 10_000_000_000 / Double(min(max(1, inTenSeconds), 10_000_000_000)) }
}
