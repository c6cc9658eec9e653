/// How many sockets each address may open: so many at once, and then a tenth of it a second.
///
/// Of each only the time is kept at which nothing of it will be taken; an address that has opened nothing for long is not
/// kept at all.
struct AcceptRate: Sendable {
    private var freeAt: [String: ContinuousClock.Instant] = [:]
    private let interval: Duration
    private let capacity: Duration
    private var sweepAbove = 1024

    init(burst: Int) {
        interval = .seconds(1) / max(1, burst / 10)
        capacity = interval * max(1, burst)
    }

    /// Whether another one may be opened now; then it counts.
    mutating func take(of address: String, now: ContinuousClock.Instant) -> Bool {
        let free = max(freeAt[address] ?? now, now) + interval
        if now.duration(to: free) > capacity { return false }
        freeAt[address] = free
        sweepIfLarge(now)
        return true
    }

    private mutating func sweepIfLarge(_ now: ContinuousClock.Instant) {
        guard freeAt.count > sweepAbove else { return }
        freeAt = freeAt.filter { $0.value > now }
        sweepAbove = max(1024, freeAt.count * 2)
    }
}
