#if Cluster

import ChatServer
import StoreContract
import Synchronization
import Testing

@testable import NATSBus
@testable import PostgresStore

@Suite("The contract of the buses") struct BusContractTests {
    @Test("NOTIFY", arguments: BusPromise.all) func notify(_ promise: BusPromise) async throws {
        try await promise.check(NotifyBuses())
    }

    @Test("NATS", arguments: BusPromise.all) func nats(_ promise: BusPromise) async throws {
        try await promise.check(NATSBuses())
    }
}

private struct NotifyBuses: BusFactory {
    func withBuses(_ names: [String], _ body: ([any DeliveryBus]) async throws -> Void) async throws {
        let database = try Layout.empty.database()
        let address = try PostgresServer.shared.address(database: database, user: "chat_server")
        var stores: [PostgresStore] = []
        for _ in names { stores.append(try await PostgresStore(address, readers: 1)) }
        let buses = zip(stores, names).map { $0.makeBus(for: NodeID(starting: $1)) }
        try await finally {
            try await body(buses)
        } then: {
            for bus in buses { await bus.close() }
            for store in stores { try await store.close() }
            try PostgresServer.shared.sql("DROP DATABASE \(database) WITH (FORCE)")
        }
    }
}

private struct NATSBuses: BusFactory {
    private static let count = Atomic(0)

    func withBuses(_ names: [String], _ body: ([any DeliveryBus]) async throws -> Void) async throws {
        let database = "contract\(Self.count.add(1, ordering: .relaxed).newValue)"
        let address = try NATSServer.shared.address(database)
        let buses = try names.map { try NATSBus(address, node: NodeID(starting: $0), database: "x") }
        try await finally {
            try await body(buses)
        } then: {
            for bus in buses { await bus.close() }
        }
    }
}

/// Runs `end` after `body`, whether that throws or not.
func finally(_ body: () async throws -> Void, then end: () async throws -> Void) async throws {
    do {
        try await body()
    } catch {
        try? await end()
        throw error
    }
    try await end()
}

#endif
