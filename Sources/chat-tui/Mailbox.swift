import ChatUI
import Synchronization
import Terminal

/// What wakes the thread that waits for keys and news.
protocol Waking: Sendable {
    func wake()
}

extension Waker: Waking {}

/// What other threads have for the screen, in order. Posting wakes the screen's thread.
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

    /// So many events are handled before keys are looked at again: thousands of messages may come at once.
    private static let atOnce = 200

    /// Takes the first ones of what was posted so far. Where there are more, the next wait ends at once.
    func take() -> [Event] {
        let (taken, isEmpty) = events.withLock { events in
            let taken = Array(events.prefix(Self.atOnce))
            events.removeFirst(taken.count)
            return (taken, events.isEmpty)
        }
        if !isEmpty { waker.wake() }
        return taken
    }
}
