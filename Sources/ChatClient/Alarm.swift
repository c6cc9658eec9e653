/// A timer that fires once at a deadline. Setting another deadline replaces the first.
struct Alarm: Sendable {
    private var set: (deadline: ContinuousClock.Instant, task: Task<Void, Never>)?

    /// - Parameter ring: Called when the deadline has passed, on any thread. It has to call `rang(at:)` first.
    mutating func set(
        to deadline: ContinuousClock.Instant?, ring: @escaping @Sendable (ContinuousClock.Instant) -> Void
    ) {
        guard deadline != set?.deadline else { return }
        cancel()
        set = deadline.map { deadline in
            let task = Task {
                do {
                    try await ContinuousClock().sleep(until: deadline)
                    ring(deadline)
                } catch {}  // cancelled
            }
            return (deadline, task)
        }
    }

    mutating func rang(at deadline: ContinuousClock.Instant) {
        if set?.deadline == deadline { set = nil }
    }

    mutating func cancel() {
        set?.task.cancel()
        set = nil
    }
}
