import ChatServer
import StoreContract
import Testing

@Suite("The bus within a process") struct ProcessBusTests {
    @Test(arguments: BusPromise.all) func keeps(_ promise: BusPromise) async throws {
        try await promise.check(ProcessBuses())
    }
}

private struct ProcessBuses: BusFactory {
    func withBuses(_ names: [String], _ body: ([any DeliveryBus]) async throws -> Void) async throws {
        let exchange = ProcessBus.Exchange()
        let buses = names.map { ProcessBus(NodeID(starting: $0), on: exchange) }
        try await body(buses)
        for bus in buses { await bus.close() }
    }
}
