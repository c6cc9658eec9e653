import Synchronization

/// The way of events to the other nodes. It is closed until one is met, so that a single node tells nobody anything.
final class NodeOutlet: Sendable {
    let bus: any DeliveryBus
    /// It stays open. A node that seems to have died may be cut off, and finds out by the numbers what it has missed.
    private let isOpen = Atomic(false)
    private let published = Atomic(0)

    init(_ bus: any DeliveryBus) { self.bus = bus }

    func publish(_ event: NodeEvent) { publish([event]) }

    func publish(_ events: [NodeEvent]) {
        guard isOpen.load(ordering: .relaxed) else { return }
        published.add(events.count, ordering: .relaxed)
        bus.publish(events)
    }

    /// Another node was met.
    /// - Returns: whether it is the first.
    func open() -> Bool { !isOpen.exchange(true, ordering: .relaxed) }

    /// The number of events that were published, without signs of life.
    var count: Int { published.load(ordering: .relaxed) }
}
