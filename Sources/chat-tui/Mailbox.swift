import ChatUI
import Synchronization
import Terminal

/// Wakes the thread that waits for keys and events.
protocol Waking: Sendable {
    func wake()
}

extension Waker: Waking {}

/// Events for the screen from other threads, in order. Posting one wakes the screen's thread.
final class Mailbox: Sendable {
    private let waker: any Waking
    private let events = Mutex<[Event]>([])

    init(waker: any Waking) {
        self.waker = waker
    }

    func post(_ event: Event) {
        events.withLock { $0.append(event) }
        waker.wake()
    }

    /// The number of events that are handled before keys are read again. Thousands of messages may arrive at once.
    private static let maxBatch = 200

    /// Takes the first events. If there are more, the next wait ends at once.
    func take() -> [Event] {
        let (taken, isEmpty) = events.withLock { events in
            let taken = Array(events.prefix(Self.maxBatch))
            events.removeFirst(taken.count)
            return (taken, events.isEmpty)
        }
        if !isEmpty { waker.wake() }
        return taken
    }
}
