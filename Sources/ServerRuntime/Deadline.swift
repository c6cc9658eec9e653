/// The time by which several steps together must be done.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(_ time: Duration) {
        end = .now + time
    }

    /// How long the next step may take, at most `most`.
    func left(most: Duration) -> Duration {
        max(.zero, min(most, end - .now))
    }
}
