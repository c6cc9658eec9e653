import ChatWire

/// Whose turn is next, where only so many may be at it at once: users take turns, one waiter each. The value that `PageSemaphore`
/// drives.
struct FairSemaphore<Waiter> {
    private var free: Int
    private var waiting = FairQueue<UserID, Waiter>()

    /// - Parameter atOnce: At least one.
    init(atOnce: Int) { free = max(1, atOnce) }

    /// How many wait.
    var count: Int { waiting.count }

    /// True: it is this waiter's turn now, and it does not wait. False: `end` will name it.
    mutating func acquire(_ waiter: Waiter, of user: UserID) -> Bool {
        if free > 0 {
            free -= 1
            return true
        }
        waiting.append(waiter, of: user)
        return false
    }

    /// A turn has ended.
    /// - Returns: whose turn it is in its place; nil where nobody waits.
    mutating func release() -> Waiter? {
        if let next = waiting.take(1, each: 1).first { return next }
        free += 1
        return nil
    }
}
