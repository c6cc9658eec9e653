import ChatWire
import DequeModule

/// The users who have disconnected and do not count as offline yet. `Departures` drives this value. All of them wait
/// equally long, so it is a queue.
struct DepartureQueue {
    struct Departure: Sendable, Equatable {
        var user: UserID
        var leftAt: Timestamp
    }

    private let grace: Duration
    private var waiting: Deque<(departure: Departure, due: ContinuousClock.Instant)> = []
    private var hasWorker = false

    /// - Parameter grace: The time for which a user who has disconnected still counts as online.
    init(grace: Duration) { self.grace = grace }

    /// - Returns: whether the caller has to start calling `next`, until it returns nil.
    mutating func append(_ departure: Departure, now: ContinuousClock.Instant) -> Bool {
        waiting.append((departure, now + grace))
        defer { hasWorker = true }
        return !hasWorker
    }

    /// Removes the first departure, and returns it with the time at which the user counts as offline.
    mutating func next() -> (departure: Departure, due: ContinuousClock.Instant)? {
        let next = waiting.popFirst()
        if next == nil { hasWorker = false }
        return next
    }

    /// Removes more departures that are due, the first `most` of them.
    mutating func removeDue(at now: ContinuousClock.Instant, most: Int) -> [Departure] {
        var due: [Departure] = []
        while due.count < most, let first = waiting.first, first.due <= now {
            due.append(first.departure)
            waiting.removeFirst()
        }
        return due
    }
}
