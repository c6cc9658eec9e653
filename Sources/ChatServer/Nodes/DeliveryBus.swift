/// Carries events between the nodes of one database.
///
/// Every bus keeps these promises, which `Tests/StoreContract/BusContract.swift` tests. The events of one node reach each
/// other node in the order of publishing. Events that are lost leave a gap in the numbers of the parcels. There is no
/// order between two nodes, and nothing is repeated for whoever was not there.
public protocol DeliveryBus: Sendable {
    /// The node that publishes here.
    var node: NodeID { get }

    /// What carries the events, for the log.
    var name: String { get }

    /// Takes the parcels of all nodes, perhaps with this one's own, until the task is cancelled.
    /// - Parameter receive: Is called for one parcel after the other, on a thread of the bus.
    func run(_ receive: @escaping @Sendable (Parcel) -> Void) async

    /// Publishes events together. It returns at once. No events are a sign of life.
    func publish(_ events: [NodeEvent])

    /// Why nothing is published or received now; nil if there is no reason.
    var problem: String? { get }

    /// Publishes what waits, as far as the bus can be reached, and ends.
    func close() async
}
