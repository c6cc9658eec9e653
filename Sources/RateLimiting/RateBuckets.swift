/// A token bucket for each key (a user, an address, a connection), by the generic cell rate algorithm (GCRA, ITU-T
/// I.371).
///
/// The only state of a bucket is the time at which it will be full again, GCRA's theoretical arrival time. A full
/// bucket takes no memory. Times are nanoseconds of the caller's clock, which may be set back.
public struct RateBuckets<Key: Hashable & Sendable>: Sendable {
    private var fullAt: [Key: Int64] = [:]
    /// Nanoseconds between two permits.
    private let emissionInterval: Double
    private let capacity: Int64
    private var sweepAbove = 1024

    public init(_ rate: Rate) {
        emissionInterval = rate.emissionInterval
        capacity = Self.time(of: max(1, rate.burst), emissionInterval)
    }

    /// Takes permits if there are enough. A call for more than the capacity takes the whole bucket.
    /// - Returns: nil if the permits were taken. Otherwise none was taken, and this is the time until there are enough.
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

    /// Gives one permit back, for something that turned out not to count.
    public mutating func refund(to key: Key) {
        let one = time(of: 1)
        fullAt[key]? -= one
    }

    /// Takes as many of the permits as there are, for something that was allowed elsewhere.
    public mutating func charge(_ amount: Int, to key: Key, at now: Int64) {
        var full = max(fullAt[key] ?? now, now)
        if full - now > capacity { full = now }  // the clock was set back
        fullAt[key] = min(full + min(time(of: amount), capacity), now + capacity)
        sweepIfLarge(now)
    }

    // MARK: On credit

    /// Takes permits for something that has happened already, on credit if need be.
    /// - Returns: nil while the debt is at most one full bucket; otherwise the time until it is, 5 s at most.
    public mutating func spend(_ amount: Int, of key: Key, at now: Int64) -> Duration? {
        let excess = owe(amount, key, now) - 2 * capacity
        return excess > 0 ? .nanoseconds(excess) : nil
    }

    /// Takes permits for something that can be delayed, on credit if need be. Since the permits are taken at once, the
    /// caller waits only once, and callers are served in order.
    /// - Returns: nil if the permits were there; otherwise the time until the debt is paid.
    public mutating func reserve(_ amount: Int, of key: Key, at now: Int64) -> Duration? {
        let debt = owe(amount, key, now) - capacity
        return debt > 0 ? .nanoseconds(debt) : nil
    }

    /// The time until the debt is paid, or nil if there is none.
    public func debt(of key: Key, at now: Int64) -> Duration? {
        guard let full = fullAt[key] else { return nil }
        let owed = full - now
        return owed > capacity && owed <= maxDebt ? .nanoseconds(owed - capacity) : nil
    }

    /// Takes permits on credit.
    /// - Returns: the time until the bucket is full, in nanoseconds.
    private mutating func owe(_ amount: Int, _ key: Key, _ now: Int64) -> Int64 {
        var owed = max(0, (fullAt[key] ?? now) - now)
        if owed > maxDebt { owed = 0 }  // the clock was set back
        owed = min(owed + time(of: amount), maxDebt)
        fullAt[key] = now + owed
        sweepIfLarge(now)
        return owed
    }

    private var maxDebt: Int64 { 2 * capacity + Self.maxDelay }

    /// Bounds the delay of a peer that floods, in nanoseconds. It is shorter than the time a peer waits for a pong.
    private static var maxDelay: Int64 { 5_000_000_000 }

    private func time(of permits: Int) -> Int64 { Self.time(of: permits, emissionInterval) }

    /// The result is rounded down, so that many small amounts never cost more than their sum at once.
    /// Amounts may come from elsewhere, so none is too large or too small.
    private static func time(of permits: Int, _ interval: Double) -> Int64 {
        Int64(min(max(0, Double(permits) * interval), longest))
    }

    /// In nanoseconds: 36 years. Some of them together are still a number.
    private static var longest: Double { 0x1p60 }

    private mutating func sweepIfLarge(_ now: Int64) {
        guard fullAt.count > sweepAbove else { return }
        fullAt = fullAt.filter { $0.value > now }
        sweepAbove = max(1024, fullAt.count * 2)
    }
}
