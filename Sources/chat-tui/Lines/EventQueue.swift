import Dispatch
import Synchronization

/// A queue of events from several threads for one thread that waits for them.
final class EventQueue<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let count = DispatchSemaphore(value: 0)

    func post(_ element: Element) {
        elements.withLock { $0.append(element) }
        count.signal()
    }

    /// Waits for the next element.
    /// - Returns: nil if none came before the deadline.
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
