/// The waits between attempts to connect: exponential backoff with full jitter, without an end.
///
/// The n-th wait of an outage is `random(0, min(cap, 0.5 s × 2ⁿ))`, where the cap is 5 s during the outage's first
/// minute and 30 s after that. So the clients of a server that restarts reconnect spread out, and the first of them
/// soon.
struct Backoff: Sendable {
    private var failures = 0
    private var outageBegan: ContinuousClock.Instant?

    mutating func next(at now: ContinuousClock.Instant, using random: inout some RandomNumberGenerator) -> Duration {
        let began = outageBegan ?? now
        outageBegan = began
        let cap = now - began < .seconds(60) ? 5.0 : 30.0
        let ceiling = min(cap, 0.5 * Double(1 << min(failures, 10)))
        failures += 1
        return .seconds(Double.random(in: 0...ceiling, using: &random))
    }

    /// Begins a new outage with short waits: after a stable connection, the user's request, or the machine's sleep.
    mutating func reset() {
        self = Backoff()
    }
}
