import ChatWire
import DequeModule

/// Who left, until they count as gone: the value that `Departures` drives. All wait equally long, so the first to leave is the
/// first to be gone.
struct DepartureQueue {
    struct Departure: Sendable, Equatable {
        var user: UserID
        var leftAt: Timestamp
    }

    private let grace: Duration
    private var waiting: Deque<(departure: Departure, due: ContinuousClock.Instant)> = []
    private var isWorkedOff = false

    /// - Parameter grace: How long one who left still counts as online.
    init(grace: Duration) { self.grace = grace }

    /// - Returns: whether somebody has to begin to call `next`, until it returns nil.
    mutating func append(_ departure: Departure, now: ContinuousClock.Instant) -> Bool {
        waiting.append((departure, now + grace))
        defer { isWorkedOff = true }
        return !isWorkedOff
    }

    /// Who is gone next, and when.
    mutating func next() -> (departure: Departure, due: ContinuousClock.Instant)? {
        let next = waiting.popFirst()
        if next == nil { isWorkedOff = false }
        return next
    }
}
