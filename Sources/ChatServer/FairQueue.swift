import DequeModule

/// A queue for a single worker that serves its keys round-robin: however many elements one key has, the other keys wait
/// for only a few of them. Elements of one key keep their order.
struct FairQueue<Key: Hashable, Element> {
    /// The newest elements in order of arrival, and the key of each. They are sorted by key only if more elements wait
    /// than are taken at once.
    private var arrived: [Element] = []
    private var keysOfArrived: [Key] = []
    private var waiting: [Key: Deque<(number: Int, element: Element)>] = [:]
    /// The keys in the order of their turns.
    private var turns: Deque<Key> = []
    private var appended = 0
    private var isTaken = false
    private var callbacks: [(upTo: Int, callback: @Sendable () -> Void)] = []
    private(set) var count = 0

    mutating func append(_ element: Element, of key: Key) {
        arrived.append(element)
        keysOfArrived.append(key)
        appended += 1
        count += 1
    }

    /// Moves the newest elements into the queues of their keys.
    private mutating func sort() {
        for (index, (key, element)) in zip(keysOfArrived, arrived).enumerated() {
            if waiting[key] == nil { turns.append(key) }
            waiting[key, default: []].append((appended - arrived.count + index, element))
        }
        (arrived, keysOfArrived) = ([], [])
    }

    /// Puts back elements that were taken but not finished. They come before all waiting elements of their key, and the
    /// key goes to the end of the turns.
    mutating func putBack(_ elements: [Element], of key: Key) {
        if elements.isEmpty { return }
        sort()
        if waiting[key] == nil { turns.append(key) }
        // The number -1 makes them older than every element that a callback waits for.
        waiting[key, default: []].prepend(contentsOf: elements.map { (-1, $0) })
        count += elements.count
    }

    /// Removes and returns the elements to handle next.
    /// - Parameters:
    ///   - limit: The number of elements to take at most.
    ///   - each: The number of elements of one key per turn.
    mutating func take(_ limit: Int, each: Int) -> [Element] {
        if turns.isEmpty, arrived.count <= limit { return takeAll() }
        sort()
        var taken: [Element] = []
        while taken.count < limit, let key = turns.popFirst() {
            var own = waiting.removeValue(forKey: key) ?? []
            let share = min(each, limit - taken.count, own.count)
            taken += own.prefix(share).map(\.element)
            own.removeFirst(share)
            if own.isEmpty { continue }
            waiting[key] = own
            turns.append(key)
        }
        count -= taken.count
        isTaken = !taken.isEmpty
        return taken
    }

    /// Takes all elements. The turns do not matter then.
    private mutating func takeAll() -> [Element] {
        var taken: [Element] = []
        swap(&taken, &arrived)
        keysOfArrived = []
        count = 0
        isTaken = !taken.isEmpty
        return taken
    }

    /// Drops all waiting elements.
    mutating func removeAll() {
        (arrived, keysOfArrived) = ([], [])
        waiting = [:]
        turns = []
        count = 0
    }

    /// Everything that was taken is finished.
    /// - Returns: the callbacks that are due now, which must be called without a lock.
    mutating func finish() -> [@Sendable () -> Void] {
        isTaken = false
        if callbacks.isEmpty { return [] }
        let oldest =
            waiting.values.compactMap(\.first?.number).min() ?? (arrived.isEmpty ? .max : appended - arrived.count)
        let due = callbacks.prefix { $0.upTo <= oldest }.map(\.callback)
        callbacks.removeFirst(due.count)
        return due
    }

    /// Calls back when everything in the queue now is finished. It does not wait for later elements. Returns false, and
    /// never calls back, if nothing waits and nothing is taken.
    mutating func whenDone(_ callback: @escaping @Sendable () -> Void) -> Bool {
        if count == 0, !isTaken { return false }
        callbacks.append((appended, callback))
        return true
    }
}
