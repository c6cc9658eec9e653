import ChatUI
import Synchronization
import Terminal

/// What other threads have for the screen, in order. Posting wakes the screen's thread.
final class Mailbox: Sendable {
    private let waker: Waker
    private let events = Mutex<[Event]>([])

    init(waker: Waker) {
        self.waker = waker
    }

    func post(_ event: Event) {
        events.withLock { $0.append(event) }
        waker.wake()
    }

    /// Takes everything posted so far.
    func take() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
