import NIOCore
import Testing

@testable import WebSocketTransport

/// How many sockets are admitted at the accept.
@Suite(.timeLimit(.minutes(10)))
struct SocketCensusTests {
    /// Stands for a socket.
    private final class Socket {}

    /// A limiter, and the sockets that it admitted.
    private struct Crowd {
        let limiter: SocketLimiter
        private var sockets: [SocketOrigin: [Socket]] = [:]
        private var refused: [Socket] = []
        var now = ContinuousClock.now

        init(_ change: (inout WebSocketLimits) -> Void) {
            limiter = SocketLimiter(
                .with {
                    ($0.addressSockets, $0.addressAccepts, $0.openings, $0.addressOpenings) = (nil, nil, nil, nil)
                    change(&$0)
                })
        }

        mutating func add(_ origin: SocketOrigin) -> SocketRefusal? {
            let socket = Socket()
            let refusal = limiter.add(ObjectIdentifier(socket), of: origin, now: now)
            if refusal == nil { sockets[origin, default: []].append(socket) } else { refused.append(socket) }
            return refusal
        }

        mutating func fill(_ origin: SocketOrigin) -> Int {
            var count = 0
            while count < 10_000, add(origin) == nil { count += 1 }
            return count
        }

        mutating func remove(_ origin: SocketOrigin) {
            if let socket = sockets[origin]?.popLast() { limiter.remove(ObjectIdentifier(socket)) }
        }

        mutating func closeRefused() {
            for socket in refused { limiter.remove(ObjectIdentifier(socket)) }
            refused = []
        }

        func beginAll(_ origin: SocketOrigin) {
            for socket in sockets[origin] ?? [] { limiter.begin(ObjectIdentifier(socket)) }
        }
    }

    @Test func oneAddressLeavesRoomForOthers() {
        var crowd = Crowd { $0.sockets = 100 }
        #expect(crowd.fill(.address("greedy")) == 50)
        #expect(crowd.add(.address("greedy")) == .sockets)
        for number in 0..<20 { #expect(crowd.add(.address("\(number)")) == nil) }
        // The origin with the most sockets is refused first, also after another one left.
        crowd.remove(.address("7"))
        #expect(crowd.add(.address("greedy")) == .sockets)
        #expect(crowd.add(.address("7")) == nil && crowd.add(.unix) == nil)
        #expect(crowd.limiter.refused == [.sockets: 3] && crowd.limiter.count == 71)
    }

    @Test func thisMachineLeavesRoomForOthers() {
        var crowd = Crowd { ($0.sockets, $0.addressSockets) = (80, 5) }
        #expect(crowd.fill(.loopback) == 70)
        #expect(crowd.fill(.address("1")) == 5)
        #expect(crowd.add(.unix) == nil)
        #expect(crowd.fill(.proxy) == 4)
        #expect(crowd.limiter.count == 80)
        crowd.remove(.loopback)
        #expect(crowd.add(.unix) == nil && crowd.add(.loopback) == .sockets)
    }

    @Test func anAddressHasItsOwnBound() {
        var crowd = Crowd { $0.addressSockets = 5 }
        #expect(crowd.fill(.address("1")) == 5)
        #expect(crowd.add(.address("1")) == .addressSockets)
        crowd.remove(.address("1"))
        #expect(crowd.add(.address("1")) == nil)
        #expect(crowd.fill(.loopback) == 10_000)
    }

    /// Closed sockets count as well: each cost an accept, and with TLS a handshake.
    @Test func anAddressOpensOnlySoManyInASecond() {
        var crowd = Crowd { $0.addressAccepts = 50 }
        for _ in 0..<50 {
            #expect(crowd.add(.address("1")) == nil)
            crowd.remove(.address("1"))
        }
        #expect(crowd.add(.address("1")) == .addressAccepts && crowd.add(.address("2")) == nil)
        crowd.now += .seconds(1)
        #expect(crowd.fill(.address("1")) == 5)
        crowd.now += .seconds(100)
        #expect(crowd.fill(.address("1")) == 50)
        for origin in [SocketOrigin.loopback, .unix, .proxy] { #expect(crowd.fill(origin) == 10_000) }
    }

    @Test func thoseThatAskForNothingAreBounded() {
        var crowd = Crowd { ($0.openings, $0.addressOpenings) = (16, 5) }
        #expect(crowd.fill(.address("1")) == 5)
        #expect(crowd.add(.address("1")) == .addressOpenings)
        #expect(crowd.fill(.proxy) == 11)
        #expect(crowd.add(.address("2")) == .openings)
        crowd.beginAll(.address("1"))
        crowd.beginAll(.address("1"))  // counts once
        #expect(crowd.limiter.openings == 11 && crowd.limiter.count == 16)
        #expect(crowd.add(.address("2")) == nil && crowd.fill(.address("1")) == 2)
        for _ in 0..<7 { crowd.remove(.address("1")) }
        #expect(crowd.limiter.openings == 12 && crowd.limiter.count == 12)
    }

    /// Their descriptors are not free before they are closed.
    @Test func thoseThatAreBeingClosedTakeRoom() {
        var crowd = Crowd { $0.sockets = 10 }
        #expect(crowd.fill(.address("1")) == 5)
        #expect(crowd.limiter.hasRoom)
        for _ in 0..<SocketLimiter.maxBeyondLimit { _ = crowd.add(.address("1")) }
        #expect(!crowd.limiter.hasRoom)
        crowd.closeRefused()
        #expect(crowd.limiter.hasRoom && crowd.limiter.count == 5)
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

    /// A TCP connection without any data counts, and its end counts, too.
    @Test func everySocketCounts() async throws {
        try await withServer(limits: .with { $0.sockets = 8 }) { server, port in
            var clients: [RawClient] = []
            for _ in 0..<7 { clients.append(try await RawClient(port: port)) }
            try await eventually("all to count") { server.openSockets == 7 }
            let late = try await RawClient(port: port)
            try await eventually("the refusal") { late.isClosed }
            #expect(server.openSockets == 7 && server.refusedSockets == [.sockets: 1])
            #expect(server.openingSockets == 7)
            try await clients[0].upgrade()
            #expect(server.openSockets == 7 && server.openingSockets == 6)
            clients[1].close()
            try await eventually("the place") { server.openSockets == 6 }
            let next = try await RawClient(port: port)
            try await next.upgrade()
            #expect(server.openSockets == 7 && server.openConnections == 2)
        }
    }
}
