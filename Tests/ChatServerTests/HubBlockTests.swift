import ChatWire
import Logging
import Testing

@testable import ChatServer

/// Anna blocks bob, through the hub.
@Suite("Blocking through the hub")
struct HubBlockTests {
    private let anna = user("anna")
    private let bob = user("bob")

    private func withDevices(
        _ store: any MessageStore = MemoryStore(), _ body: @Sendable (Hub, Device, Device) async throws -> Void
    ) async throws {
        try await withHub(store, .with { $0.presenceGrace = .milliseconds(1) }) { hub in
            let (anna, bob) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna", protocolVersion: 2)
            try await bob.joins(as: "bob", protocolVersion: 2)
            try await body(hub, anna, bob)
        }
    }

    private func isDone(_ hub: Hub) async {
        await hub.flush()
        // A relay would run in a task of its own.
        try? await Task.sleep(for: .milliseconds(50))
    }

    @Test("a blocked sender is confirmed as usual on all devices; the other user gets nothing until the block ends")
    func messages() async throws {
        try await withDevices { hub, anna, bob in
            let (old, laptop) = (Device(hub), Device(hub))
            try await old.joins(as: "anna")
            try await laptop.joins(as: "bob", protocolVersion: 2)
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            for number in 1...3 { bob.sends("\(number)", from: "bob", to: "anna") }
            try await bob.hears(3, "message_sent")
            try await laptop.hears(3, "new_message")
            #expect(bob.cursors == [1, 2, 3] && laptop.cursors == [1, 2, 3])
            await isDone(hub)
            #expect(anna.texts.isEmpty && old.texts.isEmpty)
            #expect(hub.metrics.current.deliveryTime.count == 0)
            let tablet = Device(hub)
            try await tablet.joins(as: "anna", protocolVersion: 2, resume: .init(epoch: hub.store.epoch, cursor: 0))
            try await tablet.hears(1, "resume_complete")
            #expect(tablet.texts.isEmpty)
            #expect(anna.heard.contains(.blocked(user: self.bob, isBlocked: true)))
            anna.says(.unblock(self.bob))
            try await anna.hears(2, "blocked")
            bob.sends("4", from: "bob", to: "anna")
            for device in [anna, old, tablet] {
                try await device.hears(4, "new_message")
                #expect(device.texts == ["1", "2", "3", "4"])
            }
            #expect(anna.cursors == [1, 2, 3, 4] && tablet.cursors == [1, 2, 3, 4])
        }
    }

    @Test("a withheld message is told as delivered once a device of the other user has it, and not before")
    func withheld() async throws {
        try await withDevices { hub, anna, bob in
            bob.sends("before", from: "bob", to: "anna")
            try await anna.hears(1, "new_message")
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            let count = CatchUp.pageSize + 50
            for number in 1...count { bob.sends("\(number)", from: "bob", to: "anna") }
            try await bob.hears(count + 1, "message_sent")
            anna.says(.ack(cursor: 1))
            await isDone(hub)
            #expect(!bob.heard.map(\.kind).contains("delivered"))
            anna.says(.unblock(self.bob))
            try await anna.hears(count + 1, "new_message")
            #expect(anna.cursors == Array(1...count + 1))
            await isDone(hub)
            #expect(!bob.heard.map(\.kind).contains("delivered"))
            anna.says(.ack(cursor: 2))
            try await bob.hears(1, "delivered")
            anna.says(.ack(cursor: count + 1))
            // An ack of so many is taken in two parts.
            try await bob.hears(3, "delivered")
            let ids = bob.heard.compactMap { if case .delivered(_, let id) = $0 { id } else { nil } }
            let sent = bob.heard.compactMap { if case .messageSent(let sent) = $0 { sent.messageID } else { nil } }
            #expect(ids == [sent[1], sent[1 + ReceiptPipeline<Connection>.maxCovered], sent[count]])
        }
    }

    @Test("a mark on the reader's own message tells the sender only of what the reader had before it")
    func ownMark() async throws {
        try await withDevices { hub, anna, bob in
            bob.sends("before", from: "bob", to: "anna")
            try await anna.hears(1, "new_message")
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            bob.sends("hidden", from: "bob", to: "anna")
            try await bob.hears(2, "message_sent")
            anna.sends("own", from: "anna", to: "bob")
            try await anna.hears(1, "message_sent")
            anna.says(.unblock(self.bob))
            try await anna.hears(2, "new_message")
            func sent(by device: Device) -> [MessageID] {
                device.heard.compactMap { if case .messageSent(let sent) = $0 { sent.messageID } else { nil } }
            }
            for (id, count) in [(sent(by: anna)[0], 1), (sent(by: bob)[1], 2)] {
                anna.says(.read(otherUser: self.bob, messageID: id))
                try await bob.hears(count, "read")
            }
            let told = bob.heard.compactMap { if case .read(_, nil, let id) = $0 { id } else { nil } }
            #expect(told == sent(by: bob))
        }
    }

    @Test("names stay as they were, in both directions, in every answer, on old and new connections")
    func names() async throws {
        try await withHub(MemoryStore(), .with { $0.presenceGrace = .milliseconds(1) }) { hub in
            func comes(_ user: UserID, _ name: String) async throws -> Device {
                let device = Device(hub)
                let start = FeedPosition(epoch: hub.store.epoch, cursor: 0)
                device.says(.auth(.init(user: user, protocolVersion: 2, resume: start, name: UntrustedText(name))))
                try await device.hears(1, "resume_complete")
                return device
            }
            func answers(to user: UserID, about peer: UserID) async -> [String] {
                var answers: [String] = []
                for (path, query) in [
                    ("/messages", [("otherUserId", peer.wire), ("limit", "9")]),
                    ("/messages", [("otherUserId", peer.wire)]), ("/conversations", []),
                ] as [(String, [(String, String)])] {
                    let query = ([("userId", user.wire)] + query).map { (name: $0.0, value: $0.1) }
                    let request = Routes.Request(method: "GET", path: path, query: query, host: "localhost:1")
                    answers.append(await Routes(hub: hub, policy: AccessPolicy()).respond(to: request).body)
                }
                return answers
            }
            let (anna, bob) = (try await comes(self.anna, "Анна"), try await comes(self.bob, "Боб"))
            bob.sends("from bob", from: "bob", to: "anna")
            anna.sends("from anna", from: "anna", to: "bob")
            try await anna.hears(1, "new_message")
            try await bob.hears(1, "new_message")
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            let others = (anna: try await comes(self.anna, "Новая"), bob: try await comes(self.bob, "Звони мне"))
            bob.sends("withheld", from: "bob", to: "anna")
            bob.says(.typing(receiver: self.anna))
            try await others.bob.hears(2, "new_message")
            await isDone(hub)
            for (user, peer, old, new, devices) in [
                (self.anna, self.bob, "Боб", "Звони мне", [anna, others.anna, try await comes(self.anna, "Новая")]),
                (self.bob, self.anna, "Анна", "Новая", [bob, others.bob, try await comes(self.bob, "Звони мне")]),
            ] {
                let answers = await answers(to: user, about: peer)
                #expect(answers.allSatisfy { $0.contains(old) && !$0.contains(new) })
                let heard = devices.flatMap(\.heard).map { WireCodec.encode($0) }
                #expect(!heard.isEmpty && heard.allSatisfy { !$0.contains(new) })
            }
            anna.says(.unblock(self.bob))
            try await anna.hears(2, "blocked")
            #expect(await answers(to: self.anna, about: self.bob).allSatisfy { $0.contains("Звони мне") })
            #expect(await answers(to: self.bob, about: self.anna).allSatisfy { $0.contains("Новая") })
        }
    }

    @Test("no receipt, typing or presence is sent between them, in either direction") func quiet() async throws {
        try await withDevices { hub, anna, bob in
            bob.sends("from bob", from: "bob", to: "anna")
            anna.sends("from anna", from: "anna", to: "bob")
            try await anna.hears(1, "new_message")
            try await bob.hears(1, "new_message")
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            await isDone(hub)
            let before = (anna: anna.noticed, bob: bob.noticed)
            for (device, peer) in [(anna, self.bob), (bob, self.anna)] {
                let id = device.heard.compactMap { if case .newMessage(let new) = $0 { new.message.id } else { nil } }[
                    0]
                device.says(.ack(cursor: 2))
                device.says(.read(otherUser: peer, messageID: id))
                device.says(.typing(receiver: peer))
            }
            await isDone(hub)
            #expect(anna.noticed == before.anna && bob.noticed == before.bob)
            // Neither learns of the other's presence or marks.
            let (annas, bobs) = (Device(hub), Device(hub))
            let start = FeedPosition(epoch: hub.store.epoch, cursor: 0)
            try await annas.joins(as: "anna", protocolVersion: 2, resume: start)
            try await bobs.joins(as: "bob", protocolVersion: 2, resume: start)
            try await annas.hears(1, "resume_complete")
            try await bobs.hears(1, "resume_complete")
            for device in [anna, annas] { device.leaves() }
            await isDone(hub)
            #expect(bob.noticed == before.bob)
            let left = "anna left 1700000000"  // as at the time of the block
            #expect(bobs.noticed.allSatisfy { $0.hasPrefix("bob ") || $0 == left } && annas.noticed.isEmpty)
        }
    }

    @Test("on reconnect the blocked user is told the other's old marks, and the other one nothing")
    func marks() async throws {
        try await withDevices { hub, anna, bob in
            bob.sends("from bob", from: "bob", to: "anna")
            anna.sends("from anna", from: "anna", to: "bob")
            try await anna.hears(1, "new_message")
            try await bob.hears(1, "new_message")
            for (device, peer) in [(anna, self.bob), (bob, self.anna)] {
                let id = device.heard.compactMap { if case .newMessage(let new) = $0 { new.message.id } else { nil } }[
                    0]
                device.says(.ack(cursor: 2))
                device.says(.read(otherUser: peer, messageID: id))
            }
            await isDone(hub)
            func told(_ user: String) async throws -> [String] {
                let device = Device(hub)
                try await device.joins(
                    as: user, protocolVersion: 2, resume: .init(epoch: hub.store.epoch, cursor: 0))
                try await device.hears(1, "resume_complete")
                await isDone(hub)
                device.leaves()
                return device.noticed.filter { !$0.contains("is here") && !$0.contains("left") }
            }
            let before = try await told("bob")
            #expect(before == ["anna has from bob", "anna read from bob", "bob read from anna of anna"])
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            #expect(try await told("bob") == before)
            #expect(try await told("anna") == ["anna read from bob of bob"])
        }
    }

    @Test("when the block ends, each is told the other's marks") func marksAfterwards() async throws {
        try await withDevices { hub, anna, bob in
            anna.sends("from anna", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            let id = try #require(
                bob.heard.compactMap { if case .newMessage(let new) = $0 { new.message.id } else { nil } }.first)
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            bob.says(.ack(cursor: 1))
            bob.says(.read(otherUser: self.anna, messageID: id))
            await isDone(hub)
            #expect(!anna.noticed.contains("bob read own 1"))
            anna.says(.unblock(self.bob))
            try await anna.hears(1, "read")
            #expect(anna.noticed.suffix(2) == ["bob has own 1", "bob read own 1"])
        }
    }

    @Test("each sees the other as offline during the block, and as online after it")
    func presence() async throws {
        try await withDevices { hub, anna, bob in
            try await hub.hasPresent(self.anna, self.bob)
            bob.sends("hello", from: "bob", to: "anna")
            try await bob.notices(["anna is here"])
            anna.says(.block(self.bob))
            try await bob.notices(["anna is here", "anna left 1700000000"])
            anna.says(.block(self.bob))
            try await anna.hears(2, "blocked")
            anna.says(.unblock(self.bob))
            try await bob.notices(["anna is here", "anna left 1700000000", "anna is here"])
        }
    }

    @Test("while each blocks the other, neither is told that one block is removed") func both()
        async throws
    {
        try await withDevices { hub, anna, bob in
            try await hub.hasPresent(self.anna, self.bob)
            bob.sends("hello", from: "bob", to: "anna")
            try await bob.notices(["anna is here"])
            anna.says(.block(self.bob))
            bob.says(.block(self.anna))
            try await bob.hears(1, "blocked")
            await isDone(hub)
            let before = (anna: anna.noticed, bob: bob.noticed)
            anna.says(.unblock(self.bob))
            try await anna.hears(2, "blocked")
            await isDone(hub)
            #expect(anna.noticed == before.anna && bob.noticed == before.bob)
            bob.says(.unblock(self.anna))
            try await bob.notices(before.bob + ["anna is here"])
        }
    }

    @Test("on reconnect the blocked user is told that the other left at the time of the block") func away()
        async throws
    {
        try await withDevices { hub, anna, bob in
            try await hub.hasPresent(self.anna, self.bob)
            bob.sends("hello", from: "bob", to: "anna")
            try await bob.notices(["anna is here"])
            anna.says(.block(self.bob))
            try await bob.notices(["anna is here", "anna left 1700000000"])
            anna.leaves()
            await isDone(hub)
            try await hub.store.setLastSeen(now.advanced(by: .seconds(500)), of: self.anna)
            let again = Device(hub)
            try await again.joins(as: "bob", protocolVersion: 2)
            try await again.notices(["anna left 1700000000"])
            // A user who blocks as well is still told nothing.
            bob.says(.block(self.anna))
            try await bob.hears(1, "blocked")
            let last = Device(hub)
            try await last.joins(as: "bob", protocolVersion: 2)
            await isDone(hub)
            #expect(last.noticed.isEmpty)
        }
    }

    @Test("a user who blocks may write, and only others see their presence") func leaving() async throws {
        try await withDevices { hub, anna, bob in
            let carl = Device(hub)
            try await carl.joins(as: "carl", protocolVersion: 2)
            for one in [self.anna, self.bob] { try await hub.hasPresent(one, user("carl")) }
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            for other in ["bob", "carl"] { anna.sends("1", from: "anna", to: other) }
            try await carl.notices(["anna is here"])
            #expect(bob.texts == ["1"])
            anna.leaves()
            try await carl.notices(["anna is here", "anna left 1700000000"])
            await isDone(hub)
            #expect(bob.noticed.isEmpty)
            let back = Device(hub)
            try await back.joins(as: "anna", protocolVersion: 2)
            try await back.notices(["carl is here"])
            try await carl.notices(["anna is here", "anna left 1700000000", "anna is here"])
            await isDone(hub)
            #expect(bob.noticed.isEmpty && back.noticed == ["carl is here"])
        }
    }

    @Test("a user without a conversation is not told of being blocked") func stranger() async throws {
        try await withDevices { hub, anna, bob in
            anna.says(.block(self.bob))
            try await anna.hears(1, "blocked")
            anna.says(.unblock(self.bob))
            try await anna.hears(2, "blocked")
            await isDone(hub)
            #expect(bob.heard.map(\.kind) == ["auth_success"])
        }
    }

    @Test("all own devices are told, in order; nobody can block themselves") func ownDevices() async throws {
        try await withDevices { hub, anna, bob in
            let laptop = Device(hub)
            try await laptop.joins(as: "anna", protocolVersion: 2)
            for _ in 0..<10 {
                anna.says(.block(self.bob))
                anna.says(.unblock(self.bob))
            }
            try await laptop.hears(20, "blocked")
            #expect(laptop.heard.blocks == (0..<20).map { $0 % 2 == 0 })
            anna.says(.block(self.anna))
            try await anna.hears(1, "error")
            #expect(bob.heard.map(\.kind) == ["auth_success"])
        }
    }

    @Test("a user can ask whether they block the other, and never whether they are blocked")
    func asking() async throws {
        try await withDevices { hub, anna, bob in
            for answer in [false, true] {
                if answer { anna.says(.block(self.bob)) }
                bob.says(.isBlocked(self.anna))
                anna.says(.isBlocked(self.bob))
            }
            try await bob.hears(2, "blocked")
            try await anna.hears(3, "blocked")
            #expect(bob.heard.blocks == [false, false])
            #expect(anna.heard.blocks == [false, true, true])
        }
    }

    @Test("a failed write of a block is answered with an error, and blocks nobody") func failing() async throws {
        let store = FailingStore()
        try await withDevices(store) { hub, anna, bob in
            store.error.withLock { $0 = .full }
            anna.says(.block(self.bob))
            anna.says(.isBlocked(self.bob))
            try await anna.hears(2, "error")
            #expect(anna.failures.map(\.answers) == [.block, .isBlocked])
            store.error.withLock { $0 = nil }
            bob.sends("x", from: "bob", to: "anna")
            try await anna.hears(1, "new_message")
            #expect(!anna.heard.map(\.kind).contains("blocked"))
        }
    }
}

extension [ServerEvent] {
    fileprivate var blocks: [Bool] {
        compactMap { if case .blocked(_, let isBlocked) = $0 { isBlocked } else { nil } }
    }
}
