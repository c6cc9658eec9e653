/// A timer that fires once at a deadline. Setting another deadline replaces the first.
struct DeadlineTimer: Sendable {
    private var set: (deadline: ContinuousClock.Instant, task: Task<Void, Never>)?

    /// - Parameter fire: Called when the deadline has passed, on any thread. It has to call `fired(at:)` first.
    mutating func set(
        to deadline: ContinuousClock.Instant?, fire: @escaping @Sendable (ContinuousClock.Instant) -> Void
    ) {
        guard deadline != set?.deadline else { return }
        cancel()
        set = deadline.map { deadline in
            let task = Task {
                do {
                    try await ContinuousClock().sleep(until: deadline)
                    fire(deadline)
                } catch {}  // cancelled
            }
            return (deadline, task)
        }
    }

    mutating func fired(at deadline: ContinuousClock.Instant) {
        if set?.deadline == deadline { set = nil }
    }

    mutating func cancel() {
        set?.task.cancel()
        set = nil
    }
}
