/// What was there before it changed without the user. Somebody who presses a key just after the change means what was
/// there before: it takes a person a good half of a second to see and to press.
struct Recent<Value: Sendable>: Sendable {
    private var former: [(value: Value, until: ContinuousClock.Instant)] = []

    private static var reaction: Duration { .milliseconds(700) }

    /// It has changed at this moment.
    mutating func changed(from value: Value, now: ContinuousClock.Instant) {
        former.removeAll { $0.until <= now }
        former.append((value, now + Self.reaction))
    }

    /// What the user means who presses a key now. Nil if it is what is there now.
    func meant(now: ContinuousClock.Instant) -> Value? { former.first { $0.until > now }?.value }

    /// The user has acted, and so has seen what is there.
    mutating func forget() { former = [] }
}
