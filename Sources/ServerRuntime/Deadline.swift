/// When all of several steps have to be done.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(_ time: Duration) {
        end = .now + time
    }

    /// How long the next step may take.
    func left(most: Duration) -> Duration {
        max(.zero, min(most, end - .now))
    }
}
