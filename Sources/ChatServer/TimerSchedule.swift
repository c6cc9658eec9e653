import ChatWire

/// The timers of many targets, and the one sleep that serves all of them. `ConnectionTimers` drives this value.
struct TimerSchedule<Target: AnyObject> {
    private var schedule = Schedule<ObjectIdentifier, Target>()
    /// The second, since 1970, until which the driver sleeps; nil if it does not sleep.
    private var wakesAt: Int64?

    /// The change that the driver has to make to its sleep.
    enum Change: Equatable {
        case none
        /// Sleep until this second, since 1970, instead of the one before.
        case sleep(until: Int64)
        /// No timer is left. Stop sleeping.
        case stop
    }

    var count: Int { schedule.count }

    /// Sets the target's timer, rounded up to a whole second. It replaces the timer before.
    mutating func set(_ target: Target, at time: Timestamp) -> Change {
        schedule.set(target, ObjectIdentifier(target), at: (time.microseconds + 999_999) / 1_000_000)
        return change()
    }

    mutating func remove(_ target: Target) -> Change {
        schedule.remove(ObjectIdentifier(target)) ? change() : .none
    }

    /// The driver's sleep is over.
    /// - Returns: the targets whose timers are due.
    mutating func takeDue(at now: Timestamp) -> (due: [Target], change: Change) {
        wakesAt = nil
        let due = schedule.takeDue(upTo: now.microseconds / 1_000_000)
        return (due, change())
    }

    private mutating func change() -> Change {
        let first = schedule.first()
        // A driver that wakes earlier looks at the schedule again.
        if let first, let wakesAt, wakesAt <= first { return .none }
        if first == nil, wakesAt == nil { return .none }
        wakesAt = first
        return first.map { .sleep(until: $0) } ?? .stop
    }
}
