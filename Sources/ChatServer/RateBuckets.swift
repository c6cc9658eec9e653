import ChatWire

/// How much somebody may do: so much at once, and then so much a second.
public struct Rate: Sendable, Hashable {
    public var burst: Int
    public var perSecond: Int

    public init(burst: Int, perSecond: Int) {
        self.burst = burst
        self.perSecond = perSecond
    }
}

/// A bucket of permits for each of those who are counted.
///
/// Of each only the time is kept at which it will be full again; a full one is not kept at all.
struct RateBuckets<Key: Hashable & Sendable>: Sendable {
    /// In nanoseconds, as all times here.
    private var fullAt: [Key: Int64] = [:]
    private let interval: Int64
    private let capacity: Int64
    private var sweepAbove = 1024

    init(_ rate: Rate) {
        interval = max(1, 1_000_000_000 / Int64(max(1, rate.perSecond)))
        capacity = interval * Int64(max(1, rate.burst))
    }

    /// Takes permits, at most a full bucket's; where there are fewer, tells in how many milliseconds there will be enough.
    mutating func take(_ amount: Int = 1, of key: Key, at now: Timestamp) -> Int? {
        let cost = min(Int64(amount) * interval, capacity)
        let now = now.microseconds * 1000
        var full = max(fullAt[key] ?? now, now)
        if full - now > capacity { full = now }  // the clock was set back
        let wait = full + cost - now - capacity
        if wait > 0 { return Self.milliseconds(wait) }
        fullAt[key] = full + cost
        sweepIfLarge(now)
        return nil
    }

    /// What was taken turned out not to count.
    mutating func giveBack(to key: Key) {
        fullAt[key]? -= interval
    }

    // MARK: What has happened already

    /// Takes permits for what cannot be refused any more, at worst on credit: a full bucket's worth, and a little.
    /// - Returns: how long until no more than that worth is owed, or nil where it is not more.
    mutating func spend(_ amount: Int, of key: Key, at now: Timestamp) -> Duration? {
        let now = now.microseconds * 1000
        var owed = max(0, (fullAt[key] ?? now) - now)
        if owed > mostOwed { owed = 0 }  // the clock was set back
        owed = min(owed + Int64(amount) * interval, mostOwed)
        fullAt[key] = now + owed
        sweepIfLarge(now)
        let flood = owed - 2 * capacity
        return flood > 0 ? .nanoseconds(flood) : nil
    }

    /// In how many milliseconds nothing will be owed, or nil where nothing is.
    func debt(of key: Key, at now: Timestamp) -> Int? {
        guard let full = fullAt[key] else { return nil }
        let owed = full - now.microseconds * 1000
        return owed > capacity && owed <= mostOwed ? Self.milliseconds(owed - capacity) : nil
    }

    private var mostOwed: Int64 { 2 * capacity + Self.longestFlood }

    /// Shorter than a peer waits for the answer to a ping.
    private static var longestFlood: Int64 { 5_000_000_000 }

    private static func milliseconds(_ nanoseconds: Int64) -> Int { Int((nanoseconds + 999_999) / 1_000_000) }

    private mutating func sweepIfLarge(_ now: Int64) {
        guard fullAt.count > sweepAbove else { return }
        fullAt = fullAt.filter { $0.value > now }
        sweepAbove = max(1024, fullAt.count * 2)
    }
}
