import DequeModule

/// What waits for a single worker, who takes turns among those whose it is: however much one of them brings, the others wait
/// for a few of theirs only. What is of one key stays in its order.
struct FairQueue<Key: Hashable, Element> {
    /// What came last, in that order, and whose it is. It is sorted by its keys only where more waits than can be taken at once.
    private var arrived: [Element] = []
    private var keysOfArrived: [Key] = []
    private var waiting: [Key: Deque<(number: Int, element: Element)>] = [:]
    /// Whose turn is next.
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

    /// Gives everybody their place among the turns.
    private mutating func sort() {
        for (index, (key, element)) in zip(keysOfArrived, arrived).enumerated() {
            if waiting[key] == nil { turns.append(key) }
            waiting[key, default: []].append((appended - arrived.count + index, element))
        }
        (arrived, keysOfArrived) = ([], [])
    }

    /// What was taken and is not done goes before all that waits of its key, at the end of the turns.
    mutating func putBack(_ elements: [Element], of key: Key) {
        if elements.isEmpty { return }
        sort()
        if waiting[key] == nil { turns.append(key) }
        // Older than whatever is waited for.
        waiting[key, default: []].prepend(contentsOf: elements.map { (-1, $0) })
        count += elements.count
    }

    /// Takes out what is to be done next.
    /// - Parameter each: How many of one key at a turn.
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

    /// Where all is taken, turns do not matter.
    private mutating func takeAll() -> [Element] {
        var taken: [Element] = []
        swap(&taken, &arrived)
        keysOfArrived = []
        count = 0
        isTaken = !taken.isEmpty
        return taken
    }

    /// What waits is not to be done any more.
    mutating func removeAll() {
        (arrived, keysOfArrived) = ([], [])
        waiting = [:]
        turns = []
        count = 0
    }

    /// All that was taken is done.
    /// - Returns: The callbacks that are due by that, to be called without a lock.
    mutating func finish() -> [@Sendable () -> Void] {
        isTaken = false
        if callbacks.isEmpty { return [] }
        let oldest =
            waiting.values.compactMap(\.first?.number).min() ?? (arrived.isEmpty ? .max : appended - arrived.count)
        let due = callbacks.prefix { $0.upTo <= oldest }.map(\.callback)
        callbacks.removeFirst(due.count)
        return due
    }

    /// Calls back when all that is in it now is done; what comes later is not waited for. False if it is already, and
    /// nobody is called.
    mutating func whenDone(_ callback: @escaping @Sendable () -> Void) -> Bool {
        if count == 0, !isTaken { return false }
        callbacks.append((appended, callback))
        return true
    }
}
