/// Rings at a time, unless it is set to another one before.
struct Alarm: Sendable {
    private var set: (deadline: ContinuousClock.Instant, task: Task<Void, Never>)?

    /// - Parameter ring: called on a thread of its own; it begins with `rang(at:)`.
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
