import ChatWire

/// How many messages a user may send: so many at once, and then so many a second.
public struct MessageRate: Sendable, Hashable {
    public var burst: Int
    public var perSecond: Int

    public init(burst: Int, perSecond: Int) {
        self.burst = burst
        self.perSecond = perSecond
    }
}

/// A bucket of tokens for each user, whichever connection they send on.
///
/// Of each only the time is kept at which it will be full again; a full one is not kept at all.
struct RateLimiter: Sendable {
    private var fullAt: [UserID: Int64] = [:]
    private let interval: Int64
    private let capacity: Int64
    private var sweepAbove = 1024

    init(_ rate: MessageRate) {
        interval = max(1, 1_000_000 / Int64(max(1, rate.perSecond)))
        capacity = interval * Int64(max(1, rate.burst))
    }

    /// Takes a token; without one, tells in how many milliseconds there will be one.
    mutating func take(of user: UserID, at now: Timestamp) -> Int? {
        let now = now.microseconds
        var full = max(fullAt[user] ?? now, now)
        if full - now > capacity { full = now }  // the clock was set back
        let wait = full + interval - now - capacity
        if wait > 0 { return Int((wait + 999) / 1000) }
        fullAt[user] = full + interval
        sweepIfLarge(now)
        return nil
    }

    /// What was taken turned out not to count.
    mutating func giveBack(to user: UserID) {
        fullAt[user]? -= interval
    }

    private mutating func sweepIfLarge(_ now: Int64) {
        guard fullAt.count > sweepAbove else { return }
        fullAt = fullAt.filter { $0.value > now }
        sweepAbove = max(1024, fullAt.count * 2)
    }
}
