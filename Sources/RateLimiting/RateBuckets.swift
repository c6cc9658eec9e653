/// A bucket of permits for each of those who are counted: users, addresses, connections. The generic cell rate algorithm (GCRA,
/// ITU-T I.371).
///
/// Of each only the time is kept at which it will be full again; a full one is not kept at all. Times are in nanoseconds of
/// whatever clock the caller has, also one that can be set back.
public struct RateBuckets<Key: Hashable & Sendable>: Sendable {
    private var fullAt: [Key: Int64] = [:]
    /// Between two permits.
    private let interval: Double
    private let capacity: Int64
    private var sweepAbove = 1024

    public init(_ rate: Rate) {
        interval = rate.interval
        capacity = Self.time(of: max(1, rate.burst), interval)
    }

    /// Takes permits, at most a full bucket's; where there are fewer, takes none and tells how long until there are enough.
    public mutating func take(_ amount: Int = 1, of key: Key, at now: Int64) -> Duration? {
        let cost = min(time(of: amount), capacity)
        var full = max(fullAt[key] ?? now, now)
        if full - now > capacity { full = now }  // the clock was set back
        let wait = full + cost - now - capacity
        if wait > 0 { return .nanoseconds(wait) }
        fullAt[key] = full + cost
        sweepIfLarge(now)
        return nil
    }

    /// What was taken turned out not to count.
    public mutating func giveBack(to key: Key) {
        let one = time(of: 1)
        fullAt[key]? -= one
    }

    // MARK: On credit

    /// Takes permits for what cannot be refused any more, at worst on credit: a full bucket's worth, and a little.
    /// - Returns: how long until no more than that worth is owed, or nil where it is not more.
    public mutating func spend(_ amount: Int, of key: Key, at now: Int64) -> Duration? {
        let flood = owe(amount, key, now) - 2 * capacity
        return flood > 0 ? .nanoseconds(flood) : nil
    }

    /// Takes permits for what can wait, on credit as well, so that it waits once, in its turn.
    /// - Returns: how long until nothing is owed, or nil where the permits were there.
    public mutating func reserve(_ amount: Int, of key: Key, at now: Int64) -> Duration? {
        let debt = owe(amount, key, now) - capacity
        return debt > 0 ? .nanoseconds(debt) : nil
    }

    /// How long until nothing is owed, or nil where nothing is.
    public func debt(of key: Key, at now: Int64) -> Duration? {
        guard let full = fullAt[key] else { return nil }
        let owed = full - now
        return owed > capacity && owed <= mostOwed ? .nanoseconds(owed - capacity) : nil
    }

    /// - Returns: how long until the bucket is full.
    private mutating func owe(_ amount: Int, _ key: Key, _ now: Int64) -> Int64 {
        var owed = max(0, (fullAt[key] ?? now) - now)
        if owed > mostOwed { owed = 0 }  // the clock was set back
        owed = min(owed + time(of: amount), mostOwed)
        fullAt[key] = now + owed
        sweepIfLarge(now)
        return owed
    }

    private var mostOwed: Int64 { 2 * capacity + Self.longestFlood }

    /// Shorter than a peer waits for the answer to a ping.
    private static var longestFlood: Int64 { 5_000_000_000 }

    private func time(of permits: Int) -> Int64 { Self.time(of: permits, interval) }

    /// Rounded down, so that many one by one are never more than all at once.
    private static func time(of permits: Int, _ interval: Double) -> Int64 { Int64(Double(permits) * interval) }

    private mutating func sweepIfLarge(_ now: Int64) {
        guard fullAt.count > sweepAbove else { return }
        fullAt = fullAt.filter { $0.value > now }
        sweepAbove = max(1024, fullAt.count * 2)
    }
}
