import ChatWire

/// A semaphore whose waiters take turns by user. `PageSemaphore` drives this value.
struct FairSemaphore<Waiter> {
    private var free: Int
    private var waiting = FairQueue<UserID, Waiter>()

    /// - Parameter atOnce: The number of permits, at least one.
    init(atOnce: Int) { free = max(1, atOnce) }

    /// The number of waiters.
    var count: Int { waiting.count }

    /// Takes a permit. Returns false if there is none; `release` will return the waiter then.
    mutating func acquire(_ waiter: Waiter, of user: UserID) -> Bool {
        if free > 0 {
            free -= 1
            return true
        }
        waiting.append(waiter, of: user)
        return false
    }

    /// Gives a permit back.
    /// - Returns: the waiter that gets it; nil if nobody waits.
    mutating func release() -> Waiter? {
        if let next = waiting.take(1, each: 1).first { return next }
        free += 1
        return nil
    }
}
