import NIOCore
import Testing

@testable import WebSocketTransport

/// How many sockets there may be, from the accept on.
@Suite(.timeLimit(.minutes(10)))
struct SocketCensusTests {
    private func fill(_ census: SocketCensus, _ origin: SocketOrigin) -> Int {
        var count = 0
        while count < 10_000, census.add(origin) == nil { count += 1 }
        return count
    }

    @Test func oneAddressLeavesRoomForOthers() {
        let census = SocketCensus(most: 100, mostOfAddress: nil)
        #expect(fill(census, .address("greedy")) == 50)
        #expect(census.add(.address("greedy")) == .all)
        for number in 0..<20 { #expect(census.add(.address("\(number)")) == nil) }
        // Whoever has most is refused first, also when somebody else left.
        census.remove(.address("7"))
        #expect(census.add(.address("greedy")) == .all)
        #expect(census.add(.address("7")) == nil && census.add(.unix) == nil)
        #expect(census.refused == 3 && census.count == 71)
    }

    @Test func thisMachineLeavesRoomForOthers() {
        let census = SocketCensus(most: 80, mostOfAddress: 5)
        #expect(fill(census, .loopback) == 70)
        #expect(fill(census, .address("1")) == 5)
        #expect(census.add(.unix) == nil)
        #expect(fill(census, .proxy) == 4)
        #expect(census.count == 80)
        census.remove(.loopback)
        #expect(census.add(.unix) == nil && census.add(.loopback) == .all)
    }

    @Test func anAddressHasItsOwnBound() {
        let census = SocketCensus(most: nil, mostOfAddress: 5)
        #expect(fill(census, .address("1")) == 5)
        #expect(census.add(.address("1")) == .address)
        census.remove(.address("1"))
        #expect(census.add(.address("1")) == nil)
        #expect(fill(census, .loopback) == 10_000)
    }

    @Test func originsAreToldApart() throws {
        let proxies = TrustedProxies([try #require(AddressRange("10.0.0.0/8"))])
        #expect(SocketOrigin(nil, trusting: proxies) == .unix)
        #expect(SocketOrigin("127.0.0.1", trusting: proxies) == .loopback)
        #expect(SocketOrigin("::1", trusting: proxies) == .loopback)
        #expect(SocketOrigin("10.1.1.1", trusting: proxies) == .proxy)
        #expect(SocketOrigin("192.0.2.1", trusting: proxies) == .address("192.0.2.1"))
        let network = SocketOrigin("2001:db8::1", trusting: proxies)
        #expect(network == SocketOrigin("2001:db8::2", trusting: proxies))
    }

    /// Raw TCP that says nothing counts, and its end counts, too.
    @Test func everySocketCounts() async throws {
        try await withServer(limits: .with { $0.sockets = 8 }) { server, port in
            var clients: [RawClient] = []
            for _ in 0..<7 { clients.append(try await RawClient(port: port)) }
            try await eventually("all to count") { server.openSockets == 7 }
            let late = try await RawClient(port: port)
            try await eventually("the refusal") { late.isClosed }
            #expect(server.openSockets == 7 && server.refusedSockets == 1)
            try await clients[0].upgrade()
            #expect(server.openSockets == 7)
            clients[1].close()
            try await eventually("the place") { server.openSockets == 6 }
            let next = try await RawClient(port: port)
            try await next.upgrade()
            #expect(server.openSockets == 7 && server.openConnections == 2)
        }
    }
}
