import ChatWire
import Logging
import RateLimiting
import Synchronization
import Testing

@testable import ChatServer

@Suite("Limits by address and by user")
struct LimitTests {
    @Test("an address may have a limited number of connections; others are not affected") func connections() {
        let limiter = AddressLimiter(AddressLimits(connections: 2))
        for _ in 0..<2 {
            #expect(limiter.refusal(of: "a", now: now) == nil)
            limiter.opened("a")
        }
        #expect(limiter.refusal(of: "a", now: now) != nil)
        #expect(limiter.refusal(of: "b", now: now) == nil)
        limiter.closed("a")
        #expect(limiter.refusal(of: "a", now: now) == nil)
        limiter.closed("a")
        #expect(limiter.count == 0)
    }

    @Test("an address may open a burst of connections, and then a tenth of it a second") func handshakes() {
        let limiter = AddressLimiter(AddressLimits(handshakes: 20))
        func admitted(at time: Timestamp) -> Int { (0..<50).count { _ in limiter.refusal(of: "a", now: time) == nil } }
        #expect(admitted(at: now) == 20)
        #expect(limiter.refusal(of: "a", now: now) == .init(reason: .addressHandshakes, retryAfter: 1))
        #expect(admitted(at: now.advanced(by: .seconds(1))) == 2)
        #expect(limiter.refusal(of: "b", now: now) == nil)
    }

    @Test("clients on this machine are not counted") func local() {
        let limiter = AddressLimiter(AddressLimits(connections: 1, handshakes: 1))
        for _ in 0..<100 {
            #expect(limiter.refusal(of: nil, now: now) == nil)
            limiter.opened(nil)
        }
        #expect(limiter.count == 0)
    }

    @Test("too many from an address: 429 at the upgrade, with the time to wait") func upgrade() async throws {
        try await withHub { hub in
            let routes = Routes(
                hub: hub, policy: AccessPolicy(allowsRemote: true),
                addresses: AddressLimiter(AddressLimits(connections: 1)))
            func refusal(from address: String?) -> Routes.Response? {
                routes.refusal(ofUpgrade: .init(method: "GET", path: "/", isLocal: false, address: address))
            }
            #expect(refusal(from: "a") == nil)
            routes.opened(from: "a")
            let refused = try #require(refusal(from: "a"))
            #expect(refused.status == 429 && refused.retryAfter == 10 && refused.body.contains(#""rate_limited""#))
            #expect(refusal(from: nil) == nil && refusal(from: "b") == nil)
            routes.closed(from: "a")
            #expect(refusal(from: "a") == nil)
        }
    }

    @Test("too many requests from an address: 429 before the token is looked at, with the time to wait")
    func requests() async {
        let time = Mutex(now)
        let hub = Hub(
            store: MemoryStore(), authenticator: PlainTokens(), configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { time.withLock { $0 } }
        let routes = Routes(
            hub: hub, policy: AccessPolicy(allowsRemote: true), addresses: AddressLimiter(AddressLimits(requests: 20)))
        func answer(_ address: String?) async -> Routes.Response {
            await routes.respond(
                to: .init(
                    method: "GET", path: "/conversations", query: [("userId", "anna")], isLocal: address == nil,
                    address: address))
        }
        for _ in 0..<20 { #expect(await answer("a").status == 401) }
        let refused = await answer("a")
        #expect(refused.status == 429 && refused.retryAfter == 1 && refused.body.contains(#""rate_limited""#))
        #expect(refused.body.contains("Too many requests from this address"))
        #expect(hub.metrics.current.limitsHit[.addressRequests] == 1)
        #expect(await answer("b").status == 401)
        for _ in 0..<30 { #expect(await answer(nil).status == 401) }
        time.withLock { $0 = now.advanced(by: .seconds(1)) }
        for status in [401, 401, 429] { #expect(await answer("a").status == status) }
        #expect(hub.metrics.current.refusedConnections.total == 0)
    }

    @Test("a user's connection beyond the limit is closed with a reason; the others stay") func perUser() async throws {
        try await withHub(MemoryStore(), .with { $0.connectionsPerUser = 2 }) { hub in
            let devices = (0..<3).map { _ in Device(hub) }
            for device in devices.prefix(2) { try await device.joins(as: "anna", protocolVersion: 2) }
            devices[2].says(#"{"type":"auth","userId":"anna","protocol":2}"#)
            try await wait { devices[2].closedWith == 4029 }
            #expect(devices[2].heard == [error(.rateLimited)])
            #expect(devices[2].closeReason == "the user has too many connections")
            devices[2].leaves()
            let bob = Device(hub)
            try await bob.joins(as: "bob", protocolVersion: 2)
            bob.sends("x", from: "bob", to: "anna")
            for device in devices.prefix(2) { try await device.hears(1, "new_message") }
            devices[0].leaves()
            let next = Device(hub)
            try await next.joins(as: "anna", protocolVersion: 2)
            // A repeated `auth` is still the same connection.
            next.says(#"{"type":"auth","userId":"anna","protocol":2}"#)
            try await next.hears(2, "auth_success")
        }
    }

    @Test("a client that does not log in in time is closed with a code and a reason, and counted") func silence()
        async throws
    {
        try await withHub { hub in
            let (nobody, anna) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna")
            for device in [nobody, anna] { device.isNotAdmitted() }
            #expect(nobody.heard == [error(.notAuthorized)])
            #expect(nobody.closedWith == 4008 && nobody.closeReason == "nobody said who this is")
            #expect(anna.heard.map(\.kind) == ["auth_success"] && anna.closedWith == nil)
            nobody.leaves(.noAuth)
            let metrics = hub.metrics.current
            #expect(metrics.limitsHit[.authTime] == 1 && metrics.errors[.notAuthorized] == 1)
        }
    }

    // MARK: - Bytes

    private func at(_ milliseconds: Int64) -> Timestamp { now.advanced(by: .milliseconds(milliseconds)) }

    @Test("a burst of bytes and a rate; beyond twice the burst it is a flood, which is forgotten after 5 s")
    func bytes() {
        var buckets = RateBuckets<String>(Rate(burst: 1000, perSecond: 100))
        #expect(buckets.spend(1000, of: "a", at: at(0)) == nil && buckets.debt(of: "a", at: at(0)) == nil)
        #expect(buckets.spend(500, of: "a", at: at(0)) == nil && buckets.debt(of: "a", at: at(0)) == 5000)
        #expect(buckets.debt(of: "b", at: at(0)) == nil)
        #expect(buckets.spend(600, of: "a", at: at(0)) == .seconds(1))
        #expect(buckets.debt(of: "a", at: at(1000)) == 10_000 && buckets.debt(of: "a", at: at(11_000)) == nil)
        #expect(buckets.spend(1_000_000, of: "a", at: at(1000)) == .seconds(5))
    }

    @Test("a clock that is set back leaves no debt") func clockSetBack() {
        var buckets = RateBuckets<String>(Rate(burst: 1000, perSecond: 100))
        #expect(buckets.spend(1_000_000, of: "a", at: at(0)) == .seconds(5))
        #expect(buckets.debt(of: "a", at: at(-1_000_000)) == nil)
        #expect(buckets.spend(1, of: "a", at: at(-1_000_000)) == nil)
        #expect(buckets.debt(of: "a", at: at(-1_000_000)) == nil)
    }

    @Test("messages over the byte rate are refused with the time to wait, repeats are not, and others go on")
    func bytesOfAUser() async throws {
        try await withHub(MemoryStore(), .with { $0.byteRate = Rate(burst: 1000, perSecond: 100) }) { hub in
            let (anna, laptop, bob, old) = (Device(hub), Device(hub), Device(hub), Device(hub))
            for device in [anna, laptop] { try await device.joins(as: "anna", protocolVersion: 2) }
            try await bob.joins(as: "bob", protocolVersion: 2)
            try await old.joins(as: "clara")
            anna.sends(String(repeating: "я", count: 100), from: "anna", to: "bob", id: clientID)
            try await anna.hears(1, "message_sent")
            anna.says(String(repeating: "x", count: 700))  // on any connection
            laptop.sends("1", from: "anna", to: "bob")
            try await laptop.hears(1, "error")
            let failure = try #require(laptop.failures.first)
            #expect(failure.code == .rateLimited && (1...20_000).contains(failure.retryAfterMs ?? 0))
            laptop.sends(String(repeating: "я", count: 100), from: "anna", to: "bob", id: clientID)
            try await laptop.hears(1, "message_sent")
            bob.sends("2", from: "bob", to: "anna")
            try await bob.hears(1, "message_sent")
            #expect(laptop.throttles.isEmpty && laptop.closedWith == nil)
            // A client with protocol 1 gets the confirmation of its message, and nothing else.
            for _ in 0..<3 { old.sends(String(repeating: "я", count: 400), from: "clara", to: "bob") }
            try await old.hears(2, "error")
            #expect(old.failures.map(\.code) == [.rateLimited, .rateLimited] && !old.throttles.isEmpty)
            #expect(old.closedWith == nil)
        }
    }

    @Test(
        "what somebody sent in their auth does not count for the next one, whose connection may lie at the same place")
    func newcomers() async throws {
        try await withHub(MemoryStore(), .with { $0.byteRate = Rate(burst: 1000, perSecond: 1) }) { hub in
            for number in 0..<20 {
                let socket = ThrottledSocket()
                let connection = hub.connect(socket)
                let padding = String(repeating: "x", count: 1500)
                connection.received(text: #"{"type":"auth","userId":"u\#(number)","x":"\#(padding)"}"#)
                connection.closed()
                #expect(socket.throttles.withLock { $0 } == 0)
            }
        }
    }

    @Test("a flooding connection is not read for a while; nothing is lost") func flood() async throws {
        try await withHub(MemoryStore(), .with { $0.byteRate = Rate(burst: 1000, perSecond: 1000) }) { hub in
            let (anna, stranger) = (Device(hub), Device(hub, limitKey: "a"))
            try await anna.joins(as: "anna", protocolVersion: 2)
            anna.says(
                #"{"type":"block","userId":"\#(String(repeating: "b", count: 128))","x":""#
                    + String(repeating: "x", count: 3000) + #""}"#)
            try await anna.hears(1, "blocked")
            #expect(anna.throttles.count == 1 && anna.throttles[0] > .seconds(1) && anna.throttles[0] < .seconds(2))
            #expect(anna.failures.map(\.code) == [.rateLimited] && anna.closedWith == nil)
            stranger.says(String(repeating: "x", count: 3000))
            #expect(stranger.throttles.count == 1)
            let (pinger, sender) = (Device(hub, limitKey: "b"), Device(hub, limitKey: "c"))
            for _ in 0..<200 { pinger.pings(0) }
            sender.sendsBinary(3000)
            #expect(!pinger.throttles.isEmpty && sender.throttles.count == 1)
        }
    }

    @Test("pings and empty fragments are limited even if bytes are not") func otherFrames() async throws {
        try await withHub(MemoryStore()) { hub in
            let (pinger, other) = (Device(hub), Device(hub))
            try await pinger.joins(as: "anna", protocolVersion: 2)
            let rate = TrafficLimits.rateOfOtherFrames
            for _ in 0..<2 * rate.burst { pinger.pings(0) }
            #expect(pinger.throttles.isEmpty)
            for _ in 0..<10 * rate.perSecond { pinger.pings(0) }
            #expect(!pinger.throttles.isEmpty && pinger.closedWith == nil)
            #expect(hub.metrics.current.limitsHit[.otherFrames] > 0)
            other.pings(0)
            #expect(other.throttles.isEmpty)
        }
    }
}

/// Unlike a `Device` it does not hold its connection, so the connection is released when it is closed.
final class ThrottledSocket: ClientSocket {
    let throttles = Mutex(0)

    func send(text: [UInt8], sheddable: Bool) {}
    func whenSent(_ action: @escaping @Sendable () -> Void) {}
    func pauseReading() {}
    func resumeReading() {}
    func throttle(for time: Duration) { throttles.withLock { $0 += 1 } }
    func close(code: UInt16, reason: String) {}
    var loop: ObjectIdentifier { ObjectIdentifier(self) }
    func execute(_ work: @escaping @Sendable () -> Void) { work() }
}
