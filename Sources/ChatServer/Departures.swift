import Synchronization

/// Delays the moment at which a disconnected user counts as offline, so that a quick reconnect is not visible.
///
/// One task serves all users. There is no task while nobody is leaving. Where very many leave at once, as behind a proxy that
/// ends, they are handled some at a time, because each time costs the database a transaction.
final class Departures: Sendable {
    typealias Departure = DepartureQueue.Departure

    private let queue: Mutex<DepartureQueue>
    private let most: Int

    /// - Parameter most: How many departures are handled at a time.
    init(grace: Duration, most: Int) {
        queue = Mutex(DepartureQueue(grace: grace))
        self.most = most
    }

    /// - Parameter gone: Called when the time has passed. It must check whether the users are back.
    func append(_ departure: Departure, gone: @escaping @Sendable ([Departure]) async -> Void) {
        guard queue.withLock({ $0.append(departure, now: .now) }) else { return }
        Task {
            while let (departure, due) = queue.withLock({ $0.next() }) {
                try? await Task.sleep(until: due, clock: .continuous)
                let others = queue.withLock { $0.removeDue(at: .now, most: most - 1) }
                await gone([departure] + others)
            }
        }
    }
}
