import ChatWire

/// Seconds until something happens, as a person counts down: rounded up, so that 0 means that it is time.
enum Countdown {
    static func seconds(until time: Timestamp, now: Timestamp) -> Int {
        let (left, overflow) = time.microseconds.subtractingReportingOverflow(now.microseconds)
        return left <= 0 || overflow ? 0 : Int((left - 1) / 1_000_000) + 1
    }

    /// When the number will be another one. Nil once it is 0.
    static func nextChange(until time: Timestamp, now: Timestamp) -> Timestamp? {
        let seconds = seconds(until: time, now: now)
        return seconds > 0 ? time.advanced(by: .seconds(1 - seconds)) : nil
    }
}
