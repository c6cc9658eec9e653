import ChatWire

/// Who is to be waked when, and until when the one sleeper for all of them sleeps: the value that `Reminders` drives.
struct TimerSchedule<Target: AnyObject> {
    private var schedule = Schedule<ObjectIdentifier, Target>()
    /// Until when somebody sleeps already, in seconds since 1970.
    private var wakesAt: Int64?

    /// What the driver does about its sleep.
    enum Change: Equatable {
        case none
        /// It sleeps until this second, since 1970, in place of what it did before.
        case sleep(until: Int64)
        /// Nobody is left to be waked.
        case stop
    }

    var count: Int { schedule.count }

    /// Wakes somebody at this time, rounded up to a whole second, in place of what was to come before.
    mutating func set(_ target: Target, at time: Timestamp) -> Change {
        schedule.set(target, ObjectIdentifier(target), at: (time.microseconds + 999_999) / 1_000_000)
        return change()
    }

    mutating func remove(_ target: Target) -> Change {
        schedule.remove(ObjectIdentifier(target)) ? change() : .none
    }

    /// The driver's sleep is over.
    /// - Returns: whom to wake.
    mutating func takeDue(at now: Timestamp) -> (due: [Target], change: Change) {
        wakesAt = nil
        let due = schedule.takeDue(upTo: now.microseconds / 1_000_000)
        return (due, change())
    }

    private mutating func change() -> Change {
        let first = schedule.first()
        // Who sleeps for less looks again when they wake.
        if let first, let wakesAt, wakesAt <= first { return .none }
        if first == nil, wakesAt == nil { return .none }
        wakesAt = first
        return first.map { .sleep(until: $0) } ?? .stop
    }
}
