/// How far a queue that is worked off in order has come, for those who wait until what is in it now is done. What comes
/// later does not keep them waiting.
struct QueueProgress: Sendable {
    private var queued = 0
    private var done = 0
    private var waiting: [(count: Int, callback: @Sendable () -> Void)] = []

    mutating func queue() { queued += 1 }

    /// - Returns: The callbacks that are due by that, to be called without a lock.
    mutating func finish(_ count: Int) -> [@Sendable () -> Void] {
        done += count
        let due = waiting.prefix { $0.count <= done }.map(\.callback)
        waiting.removeFirst(due.count)
        return due
    }

    /// Calls back when all that is queued now is done. False if it is already, and nobody is called.
    mutating func whenDone(_ callback: @escaping @Sendable () -> Void) -> Bool {
        if done == queued { return false }
        waiting.append((queued, callback))
        return true
    }
}

/// Waits until what a queue holds now is done.
/// - Parameter register: as `QueueProgress.whenDone`.
func waitUntilDone(_ register: (@escaping @Sendable () -> Void) -> Bool) async {
    await withCheckedContinuation { continuation in
        if !register({ continuation.resume() }) { continuation.resume() }
    }
}
