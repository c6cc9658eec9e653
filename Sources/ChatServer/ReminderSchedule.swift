import ChatWire

/// Who is to be waked when, and until when the one sleeper for all of them sleeps: the value that `Reminders` drives.
struct ReminderSchedule<Sleeper: AnyObject> {
    private var schedule = Schedule<ObjectIdentifier, Sleeper>()
    /// Until when somebody sleeps already, in seconds since 1970.
    private var sleepsUntil: Int64?

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
    mutating func set(_ sleeper: Sleeper, at time: Timestamp) -> Change {
        schedule.set(sleeper, ObjectIdentifier(sleeper), at: (time.microseconds + 999_999) / 1_000_000)
        return change()
    }

    mutating func remove(_ sleeper: Sleeper) -> Change {
        schedule.remove(ObjectIdentifier(sleeper)) ? change() : .none
    }

    /// The driver's sleep is over.
    /// - Returns: whom to wake.
    mutating func takeDue(at now: Timestamp) -> (due: [Sleeper], change: Change) {
        sleepsUntil = nil
        let due = schedule.takeDue(upTo: now.microseconds / 1_000_000)
        return (due, change())
    }

    private mutating func change() -> Change {
        let first = schedule.first()
        // Who sleeps for less looks again when they wake.
        if let first, let sleepsUntil, sleepsUntil <= first { return .none }
        if first == nil, sleepsUntil == nil { return .none }
        sleepsUntil = first
        return first.map { .sleep(until: $0) } ?? .stop
    }
}
