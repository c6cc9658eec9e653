/// Deadlines by name.
struct Deadlines<Name: Hashable & Sendable & CaseIterable>: Sendable {
    private var times: [Name: ContinuousClock.Instant] = [:]

    subscript(name: Name) -> ContinuousClock.Instant? {
        get { times[name] }
        set { times[name] = newValue }
    }

    /// The earliest deadline.
    var next: ContinuousClock.Instant? { times.values.min() }

    /// Removes a deadline if it has passed.
    /// - Returns: whether it has passed.
    mutating func take(_ name: Name, at now: ContinuousClock.Instant) -> Bool {
        guard let due = times[name], due <= now else { return false }
        times[name] = nil
        return true
    }
}
