import ChatWire
import RateLimiting
import Testing

@testable import ChatServer

/// The limits by themselves; what a connection and a route make of them is tested with those.
@Suite("The limits of traffic") struct TrafficLimitsTests {
    private let metrics = SharedMetrics()

    private func limits(_ configuration: Hub.Configuration) -> TrafficLimits {
        TrafficLimits(
            messages: configuration.rate, bytes: configuration.byteRate, events: configuration.eventRate,
            requestsPerUser: configuration.requestsPerUser, metrics: metrics
        ) { now }
    }

    private let overRate = Rate(burst: 2, perSecond: 1)

    @Test("a message over the rate is answered with the time to wait; a repeat and a failure get their permit back")
    func messages() {
        let limits = limits(.with { $0.rate = overRate })
        let rows: [(result: AppendResult, isOver: Bool)] = [
            (.success(.stored(stored("1"))), false), (.success(.duplicate(stored("1"))), false),
            (.failure(.full), false), (.success(.notStored(.locked)), false), (.success(.conflict), false),
            (.success(.rateLimited(retryAfterMs: 1000)), true),
            (.success(.duplicate(stored("1"))), true),
        ]
        for (index, row) in rows.enumerated() {
            let (draft, overLimit) = limits.admit(draft(UntrustedText("\(index)")))
            #expect(overLimit == (row.isOver ? .messages : nil), "row \(index)")
            #expect(draft.retryAfterMs == (row.isOver ? 1000 : nil), "row \(index)")
            limits.complete(draft, row.result, overLimit: overLimit)
        }
        #expect(metrics.current.limitsHit[.messages] == 1, "a repeat is no refusal")
    }

    @Test("a message of a user who is over the byte rate is over that limit, and takes no permit for messages")
    func bytes() {
        let limits = limits(
            .with {
                $0.rate = overRate
                $0.byteRate = Rate(burst: 100, perSecond: 100)
            })
        #expect(limits.spend(bytes: 150, by: .user(anna)) == nil)
        #expect(limits.admit(draft("1")).overLimit == .bytes)
        #expect(limits.spend(bytes: 150, by: .user(anna)) != nil, "that is far too much")
        #expect(limits.spend(bytes: 1, by: .user(bob)) == nil)
    }

    @Test("without limits nothing waits, except for frames that no client needs") func noLimits() {
        let limits = limits(.unlimited)
        for _ in 0..<10 { #expect(limits.admit(draft("x")).overLimit == nil) }
        #expect(limits.spend(bytes: 1 << 30, by: .user(anna)) == nil)
        #expect(limits.spend(events: 1 << 20, by: .user(anna)) == nil)
        #expect(limits.delay(ofPageFor: anna, permits: 1000) == nil)
        #expect(limits.delay(ofRequestAbout: anna, rows: 1000) == nil)
        #expect(limits.spend(otherFrames: 0, bytes: 9, by: .user(anna)) == nil)
        #expect(limits.spend(otherFrames: 5000, bytes: 9, by: .user(anna)) != nil)
        #expect(metrics.current.limitsHit[.otherFrames] == 1)
    }

    @Test("pages wait until their debt is paid, one after the other; far too many events are a flood") func events() {
        let limits = limits(.with { $0.eventRate = Rate(burst: 10, perSecond: 10) })
        #expect(limits.delay(ofPageFor: anna, permits: 10) == nil)
        #expect(limits.delay(ofPageFor: anna, permits: 5) == .milliseconds(500))
        #expect(limits.delay(ofPageFor: anna, permits: 5) == .seconds(1))
        #expect(limits.spend(events: 0, by: .user(anna)) == nil)
        #expect(limits.spend(events: 5, by: .user(anna)) != nil)
        #expect(metrics.current.limitsHit[.events] == 1)
    }

    @Test("a request costs one permit for every 200 rows, and is answered with the seconds to wait") func requests() {
        let limits = limits(.with { $0.requestsPerUser = 3 })
        #expect(limits.delay(ofRequestAbout: anna, rows: 400) == nil)
        #expect(limits.delay(ofRequestAbout: anna, rows: 401) == 7, "two permits of 0.3 a second are missing")
        #expect(limits.delay(ofRequestAbout: anna, rows: 0) == nil)
        #expect(limits.delay(ofRequestAbout: bob, rows: 600) == nil)
        #expect(metrics.current.limitsHit[.userRequests] == 1)
    }
}
