import ChatWire
import RateLimiting
import Testing

@testable import ChatServer

/// A client that is not authenticated can do nothing but authenticate, on however many connections.
@Suite("Clients that are not authenticated")
struct UnauthenticatedClientTests {
    /// Inputs that are answered with an error, or not at all.
    private static let nonsense: [Session.Input] = [
        .malformed(.invalid("x")), .event(.unknown(type: "x")), message("x"), .event(.typing(receiver: bob)),
        .event(.ack(cursor: 1)), .event(.block(bob)), .event(.refresh(token: "x")),
    ]

    private static func isClosed(_ actions: [Session.Action]) -> Bool {
        actions.contains(.close(code: .policyViolation))
    }

    @Test(
        "twenty frames that are no auth are borne with; auth comes through; the next one ends it", arguments: nonsense)
    func frames(_ input: Session.Input) {
        var patient = makeSession()
        for _ in 0..<20 { #expect(!Self.isClosed(patient.handle(input, now: now))) }
        var closed = patient
        #expect(Self.isClosed(closed.handle(input, now: now)))
        #expect(closed.handle(auth(anna), now: now).isEmpty && closed.handle(input, now: now).isEmpty)
        // Further input is throttled as before.
        #expect(closed.handle(.flooded(.seconds(1)), now: now) == [.throttle(.seconds(1))])
        _ = closed.handle(.closed, now: now)
        #expect(closed.handle(.flooded(.seconds(1)), now: now).isEmpty)
        _ = patient.handle(auth(anna, 2), now: now)
        #expect(said(patient.handle(account(), now: now)).map(\.kind) == ["auth_success"])
        for _ in 0..<100 { #expect(!Self.isClosed(patient.handle(input, now: now))) }
    }

    @Test("an auth that cannot be checked counts, but is not answered as invalid")
    func attempts() {
        var session = makeSession()
        for attempt in 1...21 {
            _ = session.handle(auth(anna, 2), now: now)
            let actions = session.handle(.authorizationFailed, now: now)
            #expect(said(actions) == [error(.storageFailed)])
            #expect(Self.isClosed(actions) == (attempt == 21))
        }
    }

    @Test("inputs after an auth wait for it, and do not count") func pipelined() {
        var session = makeSession(auth(anna, 2))
        for number in 0..<60 { #expect(!Self.isClosed(session.handle(message(UntrustedText("\(number)")), now: now))) }
        let actions = session.handle(account(0), now: now)
        #expect(appended(actions).count == 60 && !Self.isClosed(actions))
    }

    @Test("the log and the metrics show it") func told() async throws {
        try await withHub { hub in
            let device = Device(hub)
            for _ in 0...20 { device.sendsBinary(0) }
            #expect(device.closedWith == 1008 && device.closeReason == "too much was said before auth")
            #expect(hub.metrics.current.limitsHit[.beforeAuth] == 1)
        }
    }

    /// Each way to cause costs before `auth`, as one connection does it once.
    private static let ways: [@Sendable (Device) -> Void] = [
        { for _ in 0..<15 { $0.says("{") } }, { for _ in 0..<15 { $0.sendsBinary(0) } },
        { for _ in 0..<15 { $0.says(#"{"type":"x"}"#) } }, { for _ in 0..<15 { $0.pings(0) } },
        { for _ in 0..<15 { $0.sends("x", from: "a", to: "b") } },
    ]

    @Test(
        "a new connection gets no new burst: unauthenticated clients are counted by address",
        arguments: [nil, "192.0.2.1"])
    func byAddress(_ address: String?) async throws {
        for way in Self.ways {
            try await withHub { hub in
                func restsOfNext() -> Int {
                    let device = Device(hub, limitKey: address)
                    way(device)
                    return device.throttles.count
                }
                #expect(restsOfNext() == 0)
                for _ in 0..<2 * TrafficLimits.rateOfOtherFrames.burst / 15 { _ = restsOfNext() }
                #expect(restsOfNext() > 0)
                // Others do not wait for it, and neither does a client that authenticates.
                let other = Device(hub, limitKey: "198.51.100.1")
                way(other)
                #expect(other.throttles.isEmpty)
                let anna = Device(hub, limitKey: address)
                try await anna.joins(as: "anna", protocolVersion: 2)
                anna.sends("x", from: "anna", to: "bob")
                try await anna.hears(1, "message_sent")
                #expect(anna.throttles.isEmpty)
            }
        }
    }

    @Test("bytes of unauthenticated clients are counted by address, but those of an auth do not affect others")
    func bytes() async throws {
        try await withHub(MemoryStore(), .with { $0.byteRate = Rate(burst: 10_000, perSecond: 1) }) { hub in
            let long = String(repeating: "x", count: 3000)
            for _ in 0..<7 { Device(hub, limitKey: "a").says(long) }
            let (next, other, anna) = (
                Device(hub, limitKey: "a"), Device(hub, limitKey: "b"), Device(hub, limitKey: "a")
            )
            for device in [next, other] { device.says(long) }
            #expect(!next.throttles.isEmpty && other.throttles.isEmpty)
            try await anna.joins(as: "anna")
            #expect(anna.throttles.isEmpty)
        }
    }

    /// What an authenticated user may send that is answered with an error, or not at all, and needs no database.
    private static let clientErrors: [@Sendable (Device) -> Void] = [
        { $0.says("{") }, { $0.sendsBinary(0) }, { $0.says(#"{"type":"x"}"#) }, { $0.says(.ack(cursor: 9)) },
        { $0.sends("", from: "anna", to: "bob") }, { $0.sends("x", from: "bob", to: "anna") },
        { $0.says(.block(user("anna"))) }, { $0.says(.auth(.init(user: user("bob"), protocolVersion: 2))) },
    ]

    @Test("inputs answered with an error are limited even if nothing else is") func bounded() async throws {
        for mistake in Self.clientErrors {
            try await withHub { hub in
                let device = Device(hub)
                try await device.joins(as: "anna", protocolVersion: 2)
                for _ in 0..<2 * TrafficLimits.rateOfOtherFrames.burst { mistake(device) }
                #expect(device.throttles.isEmpty)
                for _ in 0..<10 { mistake(device) }
                #expect(!device.throttles.isEmpty && device.closedWith == nil)
                #expect(hub.metrics.current.limitsHit[.otherFrames] > 0)
            }
        }
    }
}
