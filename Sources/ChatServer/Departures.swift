import Synchronization

/// Lets a little time pass before one who left counts as gone, so that a reconnect does not show.
///
/// One task for all of them, and none while nobody is leaving.
final class Departures: Sendable {
    typealias Departure = DepartureQueue.Departure

    private let queue: Mutex<DepartureQueue>

    init(grace: Duration) {
        queue = Mutex(DepartureQueue(grace: grace))
    }

    /// - Parameter gone: Called when the time has passed. It has to look whether the user is back.
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
