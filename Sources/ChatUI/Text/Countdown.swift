/// The seconds until a moment, rounded up, so that 0 means that the moment has come.
enum Countdown {
    static func seconds(until time: ContinuousClock.Instant, now: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = (time - now).components
        return time <= now ? 0 : Int(clamping: seconds) + (attoseconds > 0 ? 1 : 0)
    }

    /// When the number of seconds next changes. Nil once it is 0.
    static func nextChange(until time: ContinuousClock.Instant, now: ContinuousClock.Instant) -> ContinuousClock
        .Instant?
    {
        let seconds = seconds(until: time, now: now)
        return seconds > 0 ? time.advanced(by: .seconds(1 - seconds)) : nil
    }
}
