import Dispatch
import Synchronization

/// What other threads have for one that waits, in order.
final class EventQueue<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let count = DispatchSemaphore(value: 0)

    func post(_ element: Element) {
        elements.withLock { $0.append(element) }
        count.signal()
    }

    /// Waits for the next one. Nil where there is none until the deadline.
    func next(until deadline: ContinuousClock.Instant? = nil) -> Element? {
        if let deadline {
            let seconds = min(max(.zero, deadline - .now) / .seconds(1), 1e6)
            guard count.wait(timeout: .now() + seconds) == .success else { return nil }
        } else {
            count.wait()
        }
        return elements.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
