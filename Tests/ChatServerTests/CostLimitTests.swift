import ChatWire
import Synchronization
import Testing

@testable import ChatServer

/// What costs the database something is limited, and nobody stands before everybody else.
@Suite("Limits of what the database is asked")
struct CostLimitTests {
    private let anna = user("anna")
    private let bob = user("bob")

    @Test("each event that asks the database something is counted: a flood of it is read no further")
    func events() async throws {
        let floods: [ClientEvent] = [
            .typing(receiver: bob), .read(otherUser: bob, messageID: "m"), .ack(cursor: 0), .block(bob), .unblock(bob),
            .isBlocked(bob), .refresh(token: "x"), .auth(.init(user: anna, protocolVersion: 2)),
        ]
        for event in floods {
            try await withHub(MemoryStore(), .init(eventRate: Rate(burst: 20, perSecond: 1))) { hub in
                let (anna, phone, bob) = (Device(hub), Device(hub), Device(hub))
                try await anna.joins(as: "anna", protocolVersion: 2)
                try await phone.joins(as: "anna", protocolVersion: 2)
                for _ in 0..<100 { anna.says(event) }
                #expect(!anna.rests.isEmpty, "\(event)")
                #expect(anna.closedWith == nil && hub.meter.current.limitsHit[.events] > 0)
                // The user's other connections count with it, and nobody else's.
                phone.says(.isBlocked(self.bob))
                #expect(!phone.rests.isEmpty)
                try await bob.joins(as: "bob", protocolVersion: 2)
                bob.says(.isBlocked(self.anna))
                try await bob.hears(1, "blocked")
                #expect(bob.rests.isEmpty)
            }
        }
    }

    @Test("repeats of a message are counted, new messages are not") func repeats() async throws {
        try await withHub(MemoryStore(), .init(eventRate: Rate(burst: 20, perSecond: 1))) { hub in
            let device = Device(hub)
            try await device.joins(as: "anna", protocolVersion: 2)
            for number in 0..<60 { device.sends("\(number)", from: "anna", to: "bob") }
            try await device.hears(60, "message_sent")
            #expect(device.rests.isEmpty)
            for _ in 0..<60 { device.sends("x", from: "anna", to: "bob", id: clientID) }
            try await device.hears(120, "message_sent")
            #expect(!device.rests.isEmpty)
        }
    }

    @Test("a user may block so many; the next is refused, and one who goes makes room") func blocks() async throws {
        try await withHub(MemoryStore(), .init(blocksPerUser: 2)) { hub in
            let device = Device(hub)
            try await device.joins(as: "anna", protocolVersion: 2)
            for name in ["b1", "b2", "b3"] { device.says(.block(user(name))) }
            try await device.hears(1, "error")
            #expect(device.failures.map(\.code) == [.rateLimited])
            #expect(device.heard.count { $0.kind == "blocked" } == 2)
            #expect(hub.meter.current.limitsHit[.userBlocks] == 1)
            device.says(.unblock(user("b1")))
            device.says(.block(user("b3")))
            try await device.hears(4, "blocked")
        }
    }

    @Test("requests about a user: 429 with the time to wait, and others go on") func requests() async throws {
        try await withHub(MemoryStore(), .init(requestsPerUser: 3)) { hub in
            let routes = Routes(hub: hub, policy: AccessPolicy())
            func status(_ path: String, _ user: String) async -> Int {
                await routes.respond(
                    to: .init(method: "GET", path: path, query: [("userId", user), ("otherUserId", "bob")])
                ).status
            }
            for path in ["/messages", "/conversations", "/messages"] { #expect(await status(path, "anna") == 200) }
            for path in ["/messages", "/conversations"] { #expect(await status(path, "anna") == 429) }
            #expect(await status("/messages", "clara") == 200)
            #expect(hub.meter.current.limitsHit[.userRequests] == 2)
        }
    }

    @Test("users take turns, each in their order; what waits is done before it is called settled") func turns() {
        var queue = FairQueue<String, String>()
        for number in 0..<100 { queue.append("a\(number)", of: "a") }
        let isSettled = Mutex(false)
        #expect(queue.whenDone { isSettled.withLock { $0 = true } })
        for number in 0..<3 { queue.append("b\(number)", of: "b") }
        #expect(queue.take(6, each: 2) == ["a0", "a1", "b0", "b1", "a2", "a3"])
        #expect(queue.finish().isEmpty && queue.count == 97)
        #expect(queue.take(3, each: 2) == ["b2", "a4", "a5"])
        #expect(queue.finish().isEmpty)
        #expect(queue.take(200, each: 2).count == 94)
        #expect(queue.count == 0 && !isSettled.withLock { $0 })
        for callback in queue.finish() { callback() }
        #expect(isSettled.withLock { $0 })
        #expect(!queue.whenDone {})
        #expect(queue.take(9, each: 2).isEmpty)
    }
}
