import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatServer

/// A bus that can lose, delay and double what comes to its node.
final class FaultyBus: DeliveryBus {
    enum Fate { case arrives, getsLost, comesTwice, comesLate }

    private let real: ProcessBus
    private let fate = Mutex<@Sendable (Parcel) -> Fate>({ _ in .arrives })
    private let isAway = Mutex(false)

    init(_ name: String, on exchange: ProcessBus.Exchange) {
        real = ProcessBus(NodeID(starting: name), on: exchange)
    }

    var node: NodeID { real.node }
    var name: String { real.name }
    var problem: String? { isAway.withLock { $0 } ? "away" : nil }

    /// From now on this happens to each parcel that comes.
    func decide(_ fate: @escaping @Sendable (Parcel) -> Fate) { self.fate.withLock { $0 = fate } }

    /// Nothing comes and nothing goes.
    func goesAway(_ isAway: Bool) { self.isAway.withLock { $0 = isAway } }

    func publish(_ events: [NodeEvent]) { if problem == nil { real.publish(events) } }

    func run(_ receive: @escaping @Sendable (Parcel) -> Void) async {
        let late = Mutex<[Parcel]>([])
        await real.run { [self] parcel in
            if problem != nil { return }
            for parcel in late.withLock({ late in
                defer { late = [] }
                return late
            }) { receive(parcel) }
            switch fate.withLock({ $0 })(parcel) {
            case .arrives: receive(parcel)
            case .getsLost: break
            case .comesTwice:
                receive(parcel)
                receive(parcel)
            case .comesLate: late.withLock { $0.append(parcel) }
            }
        }
    }

    func close() async { await real.close() }
}

/// Nodes of one database in one process.
struct Nodes: Sendable {
    let hubs: [Hub]
    let buses: [FaultyBus]
    let store: MemoryStore
    fileprivate let tasks: [[Task<Void, Never>]]

    var first: Hub { hubs[0] }
    var second: Hub { hubs[1] }

    /// The process of a node ends without a word.
    func kill(_ index: Int) {
        buses[index].goesAway(true)
        for task in tasks[index] { task.cancel() }
    }

    static let timing = NodeTiming(beat: .milliseconds(20), lease: .milliseconds(300), handover: .milliseconds(200))
}

/// Runs nodes for the length of a test. Their clocks differ by seconds.
func withNodes(
    _ count: Int = 2, grace: Duration = .milliseconds(1), _ change: (inout Hub.Configuration) -> Void = { _ in },
    _ body: (Nodes) async throws -> Void
) async throws {
    let exchange = ProcessBus.Exchange()
    let store = MemoryStore()
    let buses = (0..<count).map { FaultyBus("node \($0)", on: exchange) }
    let configuration = Hub.Configuration.with {
        $0.presenceGrace = grace
        change(&$0)
    }
    let hubs = buses.enumerated().map { index, bus in
        Hub(
            store: store, authenticator: nil, configuration: configuration, bus: bus, timing: Nodes.timing,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
            Timestamp(seconds: 1_700_000_000 + Int64(index) * 3)
        }
    }
    let tasks = hubs.map { hub in [Task { await hub.runNodes() }, Task { await hub.run() }] }
    let nodes = Nodes(hubs: hubs, buses: buses, store: store, tasks: tasks)
    try await wait { hubs.allSatisfy { $0.nodes?.figures.others == count - 1 } }
    do { try await body(nodes) } catch { Issue.record(error) }
    for hub in hubs { hub.finish() }
    for task in tasks.joined() { task.cancel() }
    for task in tasks.joined() { await task.value }
}
