/// What is to happen, by time; what is due at the same time, in the order in which it was asked for.
struct EventQueue {
    private struct Event {
        var time: Int
        var number: Int
        var action: () -> Void

        func isBefore(_ other: Event) -> Bool { (time, number) < (other.time, other.number) }
    }

    /// A binary heap.
    private var events: [Event] = []
    private var number = 0

    var nextTime: Int? { events.first?.time }

    mutating func add(at time: Int, _ action: @escaping () -> Void) {
        number += 1
        events.append(Event(time: time, number: number, action: action))
        var child = events.count - 1
        while child > 0, events[child].isBefore(events[(child - 1) / 2]) {
            events.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> (time: Int, action: () -> Void) {
        events.swapAt(0, events.count - 1)
        let first = events.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < events.count && events[child].isBefore(events[least]) {
                least = child
            }
            if least == parent { break }
            events.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.action)
    }

    mutating func removeAll() { events = [] }
}

/// Spans of simulated time, in microseconds.
extension Int {
    var ms: Int { self * 1000 }
    var s: Int { self * 1_000_000 }
}
