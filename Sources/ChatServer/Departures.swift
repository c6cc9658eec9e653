import Synchronization

/// Delays the moment at which a disconnected user counts as offline, so that a quick reconnect is not visible.
///
/// One task serves all users. There is no task while nobody is leaving.
final class Departures: Sendable {
    typealias Departure = DepartureQueue.Departure

    private let queue: Mutex<DepartureQueue>

    init(grace: Duration) {
        queue = Mutex(DepartureQueue(grace: grace))
    }

    /// - Parameter gone: Called when the time has passed. It must check whether the user is back.
    func append(_ departure: Departure, gone: @escaping @Sendable (Departure) async -> Void) {
        guard queue.withLock({ $0.append(departure, now: .now) }) else { return }
        Task {
            while let (departure, due) = queue.withLock({ $0.next() }) {
                try? await Task.sleep(until: due, clock: .continuous)
                await gone(departure)
            }
        }
    }
}
