import ChatWire
import RateLimiting
import Synchronization
import Testing

@testable import ChatServer

/// Whatever costs the database something is limited, and nobody's work goes before everybody else's.
@Suite("Limits of reads and writes of the database")
struct CostLimitTests {
    private let anna = user("anna")
    private let bob = user("bob")

    @Test("every event that uses the database is counted, and a flood of them throttles the connection")
    func events() async throws {
        let floods: [ClientEvent] = [
            .typing(receiver: bob), .read(otherUser: bob, messageID: "m"), .ack(cursor: 0), .block(bob), .unblock(bob),
            .isBlocked(bob), .refresh(token: "x"), .auth(.init(user: anna, protocolVersion: 2)),
        ]
        for event in floods {
            try await withHub(MemoryStore(), .with { $0.eventRate = Rate(burst: 20, perSecond: 1) }) { hub in
                let (anna, phone, bob) = (Device(hub), Device(hub), Device(hub))
                try await anna.joins(as: "anna", protocolVersion: 2)
                try await phone.joins(as: "anna", protocolVersion: 2)
                for _ in 0..<100 { anna.says(event) }
                #expect(!anna.throttles.isEmpty, "\(event)")
                #expect(anna.closedWith == nil && hub.metrics.current.limitsHit[.events] > 0)
                // The user's other connections count together with it, and nobody else's do.
                phone.says(.isBlocked(self.bob))
                #expect(!phone.throttles.isEmpty)
                try await bob.joins(as: "bob", protocolVersion: 2)
                bob.says(.isBlocked(self.anna))
                try await bob.hears(1, "blocked")
                #expect(bob.throttles.isEmpty)
            }
        }
    }

    @Test("repeats of a message are counted, new messages are not") func repeats() async throws {
        try await withHub(MemoryStore(), .with { $0.eventRate = Rate(burst: 20, perSecond: 1) }) { hub in
            let device = Device(hub)
            try await device.joins(as: "anna", protocolVersion: 2)
            for number in 0..<60 { device.sends("\(number)", from: "anna", to: "bob") }
            try await device.hears(60, "message_sent")
            #expect(device.throttles.isEmpty)
            for _ in 0..<60 { device.sends("x", from: "anna", to: "bob", id: clientID) }
            try await device.hears(120, "message_sent")
            #expect(!device.throttles.isEmpty)
        }
    }

    @Test("a user may block a limited number of others; the next is refused, and an unblock makes room") func blocks()
        async throws
    {
        try await withHub(MemoryStore(), .with { $0.blocksPerUser = 2 }) { hub in
            let device = Device(hub)
            try await device.joins(as: "anna", protocolVersion: 2)
            for name in ["b1", "b2", "b3"] { device.says(.block(user(name))) }
            try await device.hears(1, "error")
            #expect(device.failures.map(\.code) == [.rateLimited])
            #expect(device.heard.count { $0.kind == "blocked" } == 2)
            #expect(hub.metrics.current.limitsHit[.userBlocks] == 1)
            device.says(.unblock(user("b1")))
            device.says(.block(user("b3")))
            try await device.hears(4, "blocked")
        }
    }

    @Test("too many requests about a user: 429 with the time to wait; other users are not affected") func requests()
        async throws
    {
        try await withHub(MemoryStore(), .with { $0.requestsPerUser = 3 }) { hub in
            let routes = Routes(hub: hub, policy: AccessPolicy())
            func status(_ path: String, _ user: String, limit: String? = "200") async -> Int {
                await routes.respond(
                    to: .init(
                        method: "GET", path: path,
                        query: [("userId", user), ("otherUserId", "bob")] + (limit.map { [("limit", $0)] } ?? []))
                ).status
            }
            for path in ["/messages", "/conversations", "/messages"] { #expect(await status(path, "anna") == 200) }
            for path in ["/messages", "/conversations"] { #expect(await status(path, "anna") == 429) }
            #expect(await status("/messages", "clara") == 200)
            #expect(hub.metrics.current.limitsHit[.userRequests] == 2)
            // A page of 1,000 rows costs as much as five.
            #expect(await status("/messages", "dora", limit: nil) == 200)
            #expect(await status("/conversations", "dora") == 429)
        }
    }

    @Test("few pages are made at the same time, and users take turns, so that a user who requests many delays nobody")
    func pages() async {
        let semaphore = PageSemaphore(atOnce: 2)
        let pages = Pages()
        let asked = ["a1", "a2", "a3", "a4", "a5", "b1", "c1"]
        await withTaskGroup { group in
            for (index, page) in asked.enumerated() {
                group.addTask {
                    await semaphore.withPermit(for: user(String(page.prefix(1)))) { await pages.make(page) }
                }
                while pages.begun.count + semaphore.count <= index { await Task.yield() }
            }
            #expect(pages.begun == ["a1", "a2"])
            for index in asked.indices {
                pages.endOne()
                while pages.begun.count < min(index + 3, asked.count) { await Task.yield() }
            }
        }
        #expect(pages.begun == ["a1", "a2", "a3", "b1", "c1", "a4", "a5"])
        #expect(semaphore.count == 0)
    }

    @Test("the first due element is found without a search through all") func schedule() {
        var schedule = Schedule<Int, String>()
        #expect(schedule.first() == nil && schedule.takeDue(upTo: .max).isEmpty)
        for id in 0..<5 { schedule.set("\(id)", id, at: Int64(9 - id)) }
        schedule.set("again", 4, at: 20)
        #expect(schedule.first() == 6 && schedule.count == 5)
        #expect(schedule.remove(3) && !schedule.remove(3))
        schedule.set("same", 2, at: 7)
        #expect(schedule.takeDue(upTo: 8) == ["same", "1"])
        #expect(schedule.first() == 9 && schedule.takeDue(upTo: 8).isEmpty)
        #expect(schedule.takeDue(upTo: .max) == ["0", "again"])
        #expect(schedule.count == 0 && schedule.first() == nil)
        // Handed-out times are forgotten, even those that never come.
        for slot in 0..<20_000 {
            schedule.set("x", slot % 10, at: .max - Int64(slot))
            if slot % 3 == 0 { schedule.remove(slot % 10) }
        }
        #expect(schedule.slotsHeld < 200)
    }

    @Test("thousands of elements with different times are removed in a moment", .timeLimit(.minutes(10))) func leaving()
    {
        var schedule = Schedule<Int, Int>()
        for id in 0..<50_000 { schedule.set(id, id, at: Int64(id)) }
        var isInOrder = true
        for id in 0..<50_000 {
            isInOrder = isInOrder && schedule.first() == Int64(id)
            schedule.remove(id)
        }
        #expect(isInOrder && schedule.first() == nil)
    }

    @Test("users take turns, each in order; a callback comes after everything that was queued before it") func turns() {
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

/// Pages that are under way until they are told to end.
private final class Pages: Sendable {
    private let state = Mutex((begun: [String](), mayEnd: 0))

    var begun: [String] { state.withLock(\.begun) }

    func endOne() { state.withLock { $0.mayEnd += 1 } }

    func make(_ page: String) async {
        state.withLock { $0.begun.append(page) }
        while !takeEnd() { await Task.yield() }
    }

    private func takeEnd() -> Bool {
        state.withLock { state in
            if state.mayEnd == 0 { return false }
            state.mayEnd -= 1
            return true
        }
    }
}
