import Synchronization

/// A bus between nodes in one process.
public final class ProcessBus: DeliveryBus {
    /// What the nodes have in common.
    public final class Exchange: Sendable {
        fileprivate let inboxes = Mutex<[NodeID: AsyncStream<Parcel>.Continuation]>([:])

        public init() {}
    }

    public let node: NodeID
    private let exchange: Exchange
    private let inbox: AsyncStream<Parcel>
    private let count = Mutex(0)
    private let start = ContinuousClock.now

    public init(_ node: NodeID, on exchange: Exchange) {
        self.node = node
        self.exchange = exchange
        let (inbox, continuation) = AsyncStream<Parcel>.makeStream()
        self.inbox = inbox
        exchange.inboxes.withLock { $0[node] = continuation }
    }

    public func run(_ receive: @escaping @Sendable (Parcel) -> Void) async {
        for await parcel in inbox { receive(parcel) }
    }

    public func publish(_ events: [NodeEvent]) {
        // The count is locked until everybody has the parcel, so that two threads keep the order of their numbers.
        count.withLock { count in
            count += 1
            let parcel = Parcel(node: node, number: count, events: events, sentAfter: .now - start)
            exchange.inboxes.withLock { inboxes in
                for (other, inbox) in inboxes where other != node { inbox.yield(parcel) }
            }
        }
    }

    public var name: String { "this process" }

    public var problem: String? { nil }

    public func close() async {
        exchange.inboxes.withLock { $0.removeValue(forKey: node) }?.finish()
    }
}
