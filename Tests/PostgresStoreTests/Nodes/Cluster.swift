#if Cluster

import ChatServer
import ChatWire
import Foundation
import Logging
import StoreContract
import Synchronization
import Testing

@testable import NATSBus
@testable import PostgresStore

/// Nodes in one process, each with connections of its own to one database in PostgreSQL. Their clocks differ by seconds.
final class Cluster: Sendable {
    enum Bus: CaseIterable { case notify, nats }

    struct Node: Sendable {
        let store: PostgresStore
        let hub: Hub
        let bus: any DeliveryBus
        fileprivate let tasks: [Task<Void, Never>]

        /// Ends it in order, as a signal does.
        func end() async {
            hub.beginDraining()
            await hub.flush()
            hub.finish()
            await hub.leaveNodes(within: .seconds(5))
        }

        /// The process is gone without a word.
        func kill() {
            for task in tasks { task.cancel() }
        }
    }

    private static let count = Atomic(0)

    let database: String
    let nodes: [Node]

    private init(_ count: Int, _ bus: Bus, last: Bus?, _ nats: NATSServer?) async throws {
        let database = try Layout.empty.database()
        self.database = database
        let address = try PostgresServer.shared.address(database: database, user: "chat_server")
        let name = "cluster\(Self.count.add(1, ordering: .relaxed).newValue)"
        var nodes: [Node] = []
        for number in 0..<count {
            let store = try await PostgresStore(address, readers: 2)
            let id = NodeID(starting: "node \(number)")
            let bus: any DeliveryBus =
                switch number == count - 1 ? last ?? bus : bus {
                case .notify: store.makeBus(for: id)
                case .nats: try NATSBus((nats ?? NATSServer.shared).address(name), node: id, database: "x")
                }
            let hub = Hub(
                store: store, authenticator: nil, configuration: Self.configuration, bus: bus, timing: Self.timing,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) {
                Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000) + Int64(number) * 3_000_000)
            }
            let tasks = [
                Task { await hub.run() }, Task { await hub.runNodes() }, Task { await hub.watchStore() },
            ]
            nodes.append(Node(store: store, hub: hub, bus: bus, tasks: tasks))
        }
        self.nodes = nodes
    }

    /// Runs nodes for the length of a test.
    ///
    /// - Parameters:
    ///   - last: What the last node has instead, as by a mistake.
    ///   - nats: A server of the test's own; nil for the one that tests share.
    static func with(
        _ count: Int = 2, _ bus: Bus, last: Bus? = nil, nats: NATSServer? = nil, _ body: (Cluster) async throws -> Void
    ) async throws {
        let cluster = try await Cluster(count, bus, last: last, nats)
        try await finally {
            try await body(cluster)
        } then: {
            for node in cluster.nodes { await node.end() }
            for node in cluster.nodes { node.kill() }
            for task in cluster.nodes.flatMap(\.tasks) { await task.value }
            for node in cluster.nodes { try await node.store.close() }
            try PostgresServer.shared.sql("DROP DATABASE \(cluster.database) WITH (FORCE)")
        }
    }

    static let timing = NodeTiming(beat: .milliseconds(100), lease: .seconds(2), handover: .seconds(1))

    static let configuration = Hub.Configuration(
        limits: MessageLimits(), heartbeatMs: 25_000, rate: nil, byteRate: nil, eventRate: nil, requestsPerUser: nil,
        blocksPerUser: nil, connectionsPerUser: nil, outboundBytes: 1 << 20, presenceGrace: .milliseconds(500),
        pagesAtOnce: 2, syncPagesAtOnce: 8)

    func phone(of user: UserID, on node: Int) async throws -> Phone {
        let phone = Phone(of: user, on: nodes[node].hub)
        try await phone.logsIn()
        return phone
    }

    /// Alice on the first node and Bob on the second, who have written to each other and know that the other is online.
    func acquaintances() async throws -> (alice: Phone, bob: Phone) {
        let (one, other) = (try await phone(of: alice, on: 0), try await phone(of: bob, on: 1))
        while one.isOnline(bob) != true || other.isOnline(alice) != true {
            one.writes("are you there?", to: bob)
            let count = one.cursors.count
            try await one.wait("the message") { one.cursors.count > count }
            try await Task.sleep(for: .milliseconds(50))
        }
        let count = one.cursors.count
        try await other.wait("alice's messages") { other.cursors.count >= count }
        return (one, other)
    }
}

#endif
