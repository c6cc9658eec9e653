/// When to try again, and how long to wait before: full jitter, for ever.
///
/// The n-th wait of an outage is `random(0, min(cap, 0.5 s × 2ⁿ))`, where the cap is 5 s during the outage's first
/// minute and 30 s after that. All clients of a server that restarts come back spread out, and the first soon.
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

    /// The connection has stood for a while, the user asked for it, or the machine woke up: waits are short again.
    mutating func reset() {
        self = Backoff()
    }
}
