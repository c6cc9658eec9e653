import ChatWire
import Logging
import Testing

@testable import ChatServer

extension Device {
    /// Receipts, typing and presence in the order of arrival, abbreviated.
    var noticed: [String] {
        heard.compactMap { event in
            switch event {
            case .delivered(let user, let id): "\(user.wire) has \(text(of: id))"
            case .read(let user, let other, let id):
                "\(user.wire) read \(text(of: id))\(other.map { " of \($0)" } ?? "")"
            case .typing(let user): "\(user.wire) types"
            case .presence(let presence):
                "\(presence.user.wire) \(presence.isOnline ? "is here" : "left \(presence.lastSeen?.seconds ?? 0)")"
            default: nil
            }
        }
    }

    private func text(of id: MessageID) -> String {
        heard.lazy.compactMap { event -> String? in
            if case .newMessage(let new) = event, new.message.id == id { return new.message.text.wire }
            if case .messageSent(let sent) = event, sent.messageID == id { return "own \(sent.cursor ?? 0)" }
            return nil
        }.first ?? "?"
    }

    func notices(_ expected: [String]) async throws {
        try await wait { self.noticed.count >= expected.count }
        #expect(noticed == expected)
    }
}

extension Hub {
    /// Waits until these users count as online, which happens some moments after the authentication.
    func hasPresent(_ users: UserID...) async throws {
        try await wait { self.registry.withLock { registry in users.allSatisfy(registry.isOnline) } }
    }
}

@Suite("Receipts and presence through the hub")
struct HubReceiptTests {
    private func withDevices(
        grace: Duration = .milliseconds(1), areAcquainted: Bool = true,
        _ body: @Sendable (Hub, Device, Device) async throws -> Void
    ) async throws {
        try await withHub(MemoryStore(), .with { $0.presenceGrace = grace }) { hub in
            let (anna, bob) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna", protocolVersion: 2)
            try await bob.joins(as: "bob", protocolVersion: 2)
            if areAcquainted { try await acquaint(hub) }
            try await body(hub, anna, bob)
        }
    }

    /// Lets the two have a conversation.
    private func acquaint(_ hub: Hub) async throws {
        let (anna, bob) = (try #require(UserID("anna")), try #require(UserID("bob")))
        try await hub.hasPresent(anna, bob)
        hub.registry.withLock { _ = $0.recipients(ofMessageFrom: anna, to: bob) }
    }

    @Test("two users who are online at their first message are told of each other, once")
    func introduction() async throws {
        try await withDevices(areAcquainted: false) { hub, anna, bob in
            let old = Device(hub)
            try await old.joins(as: "bob")
            try await hub.hasPresent(try #require(UserID("anna")), try #require(UserID("bob")))
            for text in ["1", "2"] { anna.sends(text, from: "anna", to: "bob") }
            try await bob.hears(2, "new_message")
            try await bob.notices(["anna is here"])
            try await anna.notices(["bob is here"])
            #expect(!old.heard.map(\.kind).contains("presence"))
        }
    }

    @Test("an ack is sent as delivered to every new device of the sender, and to no old one")
    func delivered() async throws {
        try await withDevices { hub, anna, bob in
            let (laptop, old) = (Device(hub), Device(hub))
            try await laptop.joins(as: "anna", protocolVersion: 2)
            try await old.joins(as: "anna")
            for text in ["1", "2", "3"] { anna.sends(text, from: "anna", to: "bob") }
            try await bob.hears(3, "new_message")
            bob.says(.ack(cursor: 2))
            try await anna.notices(["bob has own 2"])
            try await laptop.notices(["bob has 2"])
            bob.says(.ack(cursor: 1))
            bob.says(.ack(cursor: 3))
            try await anna.notices(["bob has own 2", "bob has own 3"])
            bob.says(.ack(cursor: 4))
            try await bob.hears(1, "error")
            #expect(old.heard.map(\.kind) == ["auth_success"])
        }
    }

    @Test(
        "marks and presence are sent for all conversations of 30 days, and all their peers are told who comes and goes")
    func manyConversations() async throws {
        let count = 2 * PresenceService.peersAtOnce + 50
        let (anna, peers) = (user("anna"), (0..<count).map { user("peer\($0)") })
        let store = MemoryStore()
        for peer in peers {
            let draft = MessageDraft(
                sender: anna, receiver: peer, text: "x", clientMessageID: nil, receivedAt: now)
            _ = await store.append([draft])
            _ = await store.acknowledge([Acknowledgement(user: peer, cursor: 1)], atMost: 1)
            try await store.setLastSeen(Timestamp(seconds: 5), of: peer)
        }
        try await withHub(store, .with { $0.presenceGrace = .milliseconds(1) }) { hub in
            let here = [peers[0], peers[count / 2], peers[count - 1]]
            var others: [Device] = []
            for peer in here {
                others.append(Device(hub))
                try await others.last?.joins(as: peer.wire, protocolVersion: 2)
                try await hub.hasPresent(peer)
            }
            let device = Device(hub)
            device.stalls()
            let position = FeedPosition(epoch: hub.store.epoch, cursor: count)
            try await device.joins(as: "anna", protocolVersion: 2, resume: position)
            try await device.hears(PresenceService.peersAtOnce, "presence")
            try await wait { device.isStalling }
            #expect(
                device.heard.count { $0.kind == "presence" } == PresenceService.peersAtOnce,
                "before the socket took the first")
            for other in others { try await wait { other.noticed == ["anna is here"] } }
            device.drains(forGood: true)
            try await device.hears(count, "presence")
            try await device.hears(count, "delivered")
            let told = device.heard.compactMap { if case .presence(let presence) = $0 { presence } else { nil } }
            #expect(Set(told.map(\.user)) == Set(peers) && told.count == count)
            #expect(Set(told.filter(\.isOnline).map(\.user)) == Set(here))
            device.leaves()
            for other in others { try await wait { other.noticed.last?.hasPrefix("anna left") == true } }
        }
    }

    @Test("a read mark is sent to the sender's devices and the reader's other devices; a mark never moves back")
    func read() async throws {
        try await withDevices { hub, anna, bob in
            let tablet = Device(hub)
            try await tablet.joins(as: "bob", protocolVersion: 2)
            try await hub.hasPresent(try #require(UserID("anna")), try #require(UserID("bob")))
            for text in ["1", "2"] { anna.sends(text, from: "anna", to: "bob") }
            try await bob.hears(2, "new_message")
            try await tablet.hears(2, "new_message")
            let ids = bob.heard.compactMap { if case .newMessage(let new) = $0 { new.message.id } else { nil } }
            let sender = try #require(UserID("anna"))
            bob.says(.read(otherUser: sender, messageID: ids[1]))
            bob.says(.read(otherUser: sender, messageID: ids[0]))
            bob.says(.read(otherUser: sender, messageID: "unknown"))
            try await bob.hears(1, "error")
            try await anna.notices(["bob read own 2"])
            try await tablet.notices(["bob read 2 of anna"])
            #expect(bob.noticed == [])
        }
    }

    @Test("a device that resumes is sent all marks and presence")
    func marksAfterResume() async throws {
        try await withDevices { hub, anna, bob in
            anna.sends("1", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            bob.says(.ack(cursor: 1))
            try await anna.notices(["bob has own 1"])
            let laptop = Device(hub)
            try await laptop.joins(
                as: "anna", protocolVersion: 2, resume: FeedPosition(epoch: hub.store.epoch, cursor: 0))
            try await laptop.notices(["bob has 1", "bob is here"])
            #expect(laptop.heard.map(\.kind).prefix(3) == ["auth_success", "new_message", "resume_complete"])
        }
    }

    @Test("typing is sent to the receiver's new devices")
    func typing() async throws {
        try await withDevices { hub, anna, bob in
            let old = Device(hub)
            try await old.joins(as: "bob")
            anna.says(.typing(receiver: try #require(UserID("bob"))))
            try await bob.notices(["anna types"])
            #expect(old.heard.map(\.kind) == ["auth_success"] && anna.noticed == [])
        }
    }

    @Test("peers are told of the first connection and of the end of the last one, with its time; other users are not")
    func presence() async throws {
        try await withDevices { hub, anna, bob in
            let carl = Device(hub)
            try await carl.joins(as: "carl", protocolVersion: 2)
            anna.sends("1", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            bob.leaves()
            try await anna.notices(["bob left 1700000000"])
            let (phone, old) = (Device(hub), Device(hub))
            try await old.joins(as: "bob")
            try await anna.notices(["bob left 1700000000", "bob is here"])
            try await phone.joins(as: "bob", protocolVersion: 2)
            try await phone.notices(["anna is here"])
            phone.leaves()
            anna.leaves()
            try await Task.sleep(for: .milliseconds(50))
            #expect(anna.noticed == ["bob left 1700000000", "bob is here"] && carl.noticed == [])
            let tablet = Device(hub)
            try await tablet.joins(as: "bob", protocolVersion: 2)
            try await tablet.notices(["anna left 1700000000"])
        }
    }

    @Test("nobody is told of a reconnect within the grace period")
    func reconnect() async throws {
        try await withDevices(grace: .milliseconds(300)) { hub, anna, bob in
            anna.sends("1", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            bob.leaves()
            let again = Device(hub)
            try await again.joins(as: "bob", protocolVersion: 2)
            try await again.notices(["anna is here"])
            try await Task.sleep(for: .milliseconds(500))
            #expect(anna.noticed == [])
        }
    }

    @Test("who is online was seen, even if the server crashes") func crash() async throws {
        try await withDevices { hub, anna, bob in
            try await wait { hub.registry.withLock { $0.isOnline(bobID) && $0.isOnline(annaID) } }
            #expect(try await hub.store.lastSeen(of: [annaID, bobID]).isEmpty)
            let writing = Task { await hub.keepLastSeen(every: .milliseconds(20)) }
            let deadline = ContinuousClock.now + .seconds(60)
            while try await hub.store.lastSeen(of: [annaID, bobID]).count < 2, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try await hub.store.lastSeen(of: [annaID, bobID]).count == 2)
            writing.cancel()
            await writing.value
        }
    }

    @Test("the times at which users were seen are stored for many users in one transaction")
    func manySeen() async throws {
        let (store, count) = (FailingStore(), PresenceService.seenAtOnce + 1)
        try await withHub(store) { hub in
            var devices: [Device] = []
            for index in 0..<count {
                let device = Device(hub)
                try await device.joins(as: "user\(index)", protocolVersion: 2)
                devices.append(device)
            }
            try await wait { hub.registry.withLock { $0.onlineUsers.count } == count }
            let writing = Task { await hub.keepLastSeen(every: .milliseconds(20)) }
            try await wait { store.seenAtOnce.withLock { $0.count } >= 2 }
            writing.cancel()
            await writing.value
            #expect(store.seenAtOnce.withLock { $0.prefix(2) } == [count - 1, 1])
            store.seenAtOnce.withLock { $0 = [] }
            await hub.recordLastSeenOfOnlineUsers(within: .seconds(60))
            #expect(store.seenAtOnce.withLock { $0 } == [count - 1, 1])
        }
    }

    @Test("while the server ends nobody is told who leaves, but the times are stored")
    func draining() async throws {
        try await withDevices { hub, anna, bob in
            anna.sends("1", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            // Both must be present before the end begins.
            try await wait { hub.registry.withLock { $0.isOnline(bobID) && $0.isOnline(annaID) } }
            hub.beginDraining()
            bob.leaves()
            await hub.recordLastSeenOfOnlineUsers(within: .seconds(60))
            try await Task.sleep(for: .milliseconds(50))
            #expect(anna.noticed == [])
            #expect(try await hub.store.lastSeen(of: [annaID, bobID]).count == 2)
        }
    }
}

private let (annaID, bobID) = (user("anna"), user("bob"))
