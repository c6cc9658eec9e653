import HeapModule

/// Elements with due times in whole seconds. The first one is found without a search through all of them.
struct Schedule<ID: Hashable, Element> {
    private var slots: [Int64: [ID: Element]] = [:]
    private var slotOf: [ID: Int64] = [:]
    /// The slots. It also contains some that are empty by now.
    private var order = Heap<Int64>()

    var count: Int { slotOf.count }
    /// The number of slots in the heap, including empty ones.
    var slotsHeld: Int { order.count }

    /// Adds an element. It replaces the one with the same id.
    mutating func set(_ element: Element, _ id: ID, at slot: Int64) {
        remove(id)
        if slots[slot] == nil { order.insert(slot) }
        slots[slot, default: [:]][id] = element
        slotOf[id] = slot
        if order.count > 2 * slots.count + Self.slack { order = Heap(slots.keys) }
    }

    private static var slack: Int { 64 }

    /// - Returns: whether there was an element with this id.
    @discardableResult
    mutating func remove(_ id: ID) -> Bool {
        guard let slot = slotOf.removeValue(forKey: id) else { return false }
        slots[slot]?[id] = nil
        if slots[slot]?.isEmpty == true { slots[slot] = nil }
        return true
    }

    /// The due time of the first element; nil if there is none.
    mutating func first() -> Int64? {
        while let slot = order.min {
            if slots[slot] != nil { return slot }
            order.removeMin()
        }
        return nil
    }

    /// Removes and returns the elements that are due at `end`, the first first.
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
