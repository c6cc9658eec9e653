/// The progress of a queue whose elements are finished in order. A caller can wait until the present elements are
/// finished; later ones do not prolong the wait.
struct QueueProgress: Sendable {
    private var queued = 0
    private var done = 0
    private var waiting: [(count: Int, callback: @Sendable () -> Void)] = []

    mutating func queue() { queued += 1 }

    /// - Returns: The callbacks that are due now, which must be called without a lock.
    mutating func finish(_ count: Int) -> [@Sendable () -> Void] {
        done += count
        let due = waiting.prefix { $0.count <= done }.map(\.callback)
        waiting.removeFirst(due.count)
        return due
    }

    /// Calls back when everything in the queue now is finished. Returns false, and never calls back, if nothing is
    /// queued.
    mutating func whenDone(_ callback: @escaping @Sendable () -> Void) -> Bool {
        if done == queued { return false }
        waiting.append((queued, callback))
        return true
    }
}

/// Waits until the present elements of a queue are finished.
/// - Parameter register: Registers a callback, as `QueueProgress.whenDone` does.
func waitUntilDone(_ register: (@escaping @Sendable () -> Void) -> Bool) async {
    await withCheckedContinuation { continuation in
        if !register({ continuation.resume() }) { continuation.resume() }
    }
}
