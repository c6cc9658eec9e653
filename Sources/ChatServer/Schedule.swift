import HeapModule

/// What is due when, in whole seconds. What is due first is found without a look at all the rest.
struct Schedule<ID: Hashable, Element> {
    private var slots: [Int64: [ID: Element]] = [:]
    private var slotOf: [ID: Int64] = [:]
    /// Every slot that there is, and some that are empty by now.
    private var order = Heap<Int64>()

    var count: Int { slotOf.count }
    /// Also those that are empty by now.
    var slotsHeld: Int { order.count }

    /// In place of what was set for the same id.
    mutating func set(_ element: Element, _ id: ID, at slot: Int64) {
        remove(id)
        if slots[slot] == nil { order.insert(slot) }
        slots[slot, default: [:]][id] = element
        slotOf[id] = slot
        if order.count > 2 * slots.count + Self.slack { order = Heap(slots.keys) }
    }

    private static var slack: Int { 64 }

    /// - Returns: whether there was something.
    @discardableResult
    mutating func remove(_ id: ID) -> Bool {
        guard let slot = slotOf.removeValue(forKey: id) else { return false }
        slots[slot]?[id] = nil
        if slots[slot]?.isEmpty == true { slots[slot] = nil }
        return true
    }

    /// When the first is due; nil where nothing is.
    mutating func first() -> Int64? {
        while let slot = order.min {
            if slots[slot] != nil { return slot }
            order.removeMin()
        }
        return nil
    }

    /// Takes out what is due by then, the first first.
    mutating func takeDue(upTo end: Int64) -> [Element] {
        var due: [Element] = []
        while let slot = first(), slot <= end {
            for (id, element) in slots.removeValue(forKey: slot) ?? [:] {
                slotOf[id] = nil
                due.append(element)
            }
        }
        return due
    }
}
