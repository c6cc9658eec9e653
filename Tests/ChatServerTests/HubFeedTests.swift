import ChatWire
import Logging
import RateLimiting
import Testing

@testable import ChatServer

private let anne = UserID("anna")!

@Suite("Feeds through the hub")
struct HubFeedTests {
    /// A store with so many messages from bob to anna.
    private func store(_ count: Int, text: String = "x") async throws -> MemoryStore {
        let store = MemoryStore()
        _ = await store.append(
            (0..<count).map { _ in
                MessageDraft(sender: bob, receiver: anne, text: UntrustedText(text), receivedAt: now)
            })
        return store
    }

    private func position(_ cursor: Int, in store: MemoryStore) async -> FeedPosition {
        let id = cursor == 0 ? nil : await store.feed(of: anne, after: cursor - 1, limit: 1).first?.message.id
        return FeedPosition(epoch: store.epoch, cursor: cursor, messageID: id)
    }

    @Test("10,000 missed messages, while others write and the device itself sends")
    func resume() async throws {
        let store = try await store(10_000)
        try await withHub(store) { hub in
            let (phone, bobs) = (Device(hub), Device(hub))
            try await bobs.joins(as: "bob", protocolVersion: 2)
            let position = await position(1, in: store)
            async let writing: Void = {
                for number in 0..<500 {
                    bobs.sends("\(number)", from: "bob", to: "anna")
                    if number % 16 == 0 { await Task.yield() }
                }
            }()
            try await phone.joins(as: "anna", protocolVersion: 2, resume: position)
            for number in 0..<20 { phone.sends("own \(number)", from: "anna", to: "bob") }
            await writing
            try await phone.hears(1, "resume_complete")
            try await phone.hears(20, "message_sent")
            await hub.flush()
            #expect(phone.cursors == Array(2...10_520))
            #expect(bobs.cursors == Array(10_001...10_520))
        }
    }

    @Test("a log-in asks the store once, even if it resumes")
    func logIn() async throws {
        let store = FailingStore()
        try await withHub(store) { hub in
            try await Device(hub).joins(as: "anna")
            #expect(store.lookUps.withLock { $0 } == ["account"])
            let phone = Device(hub)
            let end = FeedPosition(epoch: store.epoch, cursor: 0)
            try await phone.joins(as: "anna", protocolVersion: 2, resume: end)
            try await phone.hears(1, "resume_complete")
            #expect(store.lookUps.withLock { $0 } == ["account", "account"])
        }
    }

    @Test("a device that reads nothing is sent no second page")
    func pace() async throws {
        let store = try await store(2000)
        try await withHub(store) { hub in
            let phone = Device(hub)
            phone.stalls()
            try await phone.joins(as: "anna", protocolVersion: 2, resume: await position(0, in: store))
            try await phone.hears(100, "new_message")
            try await wait { phone.isStalling }
            let sent = phone.cursors.count
            #expect(sent <= CatchUp.pageSize)
            let bobs = Device(hub)
            try await bobs.joins(as: "bob", protocolVersion: 2)
            for _ in 0..<300 { bobs.sends("live", from: "bob", to: "anna") }
            try await bobs.hears(300, "message_sent")
            #expect(phone.cursors.count == sent, "it was sent nothing but the first piece")
            phone.drains(forGood: true)
            try await phone.hears(1, "resume_complete")
            #expect(phone.cursors == Array(1...2300))
        }
    }

    @Test("another database, or another message: resync_required, and live from auth_success's cursor on")
    func resync() async throws {
        let store = try await store(5)
        try await withHub(store) { hub in
            let good = await position(3, in: store)
            for bad in [
                FeedPosition(epoch: "old", cursor: 3), FeedPosition(epoch: store.epoch, cursor: 100),
                FeedPosition(epoch: store.epoch, cursor: 2, messageID: good.messageID),
            ] {
                let phone = Device(hub)
                try await phone.joins(as: "anna", protocolVersion: 2, resume: bad)
                try await phone.hears(1, "resync_required")
                let cursor = await store.lastCursor(of: anne)
                phone.sends("x", from: "anna", to: "bob")
                try await phone.hears(1, "message_sent")
                #expect(phone.cursors == [cursor + 1])
                phone.leaves()
            }
        }
    }

    @Test("auth_success names the message at its cursor, and the device can name it when it resumes")
    func beginning() async throws {
        let (old, restored) = (try await store(5), try await store(5))
        let end = await position(5, in: old)
        try await withHub(old) { hub in
            let phone = Device(hub)
            try await phone.joins(as: "anna", protocolVersion: 2)
            guard case .authSuccess(let success) = phone.heard.first else { return #expect(Bool(false)) }
            #expect(success.cursor == 5 && success.messageID == end.messageID && end.messageID != nil)
        }
        // A different history of the same length, under the same epoch.
        try await withHub(restored) { hub in
            let phone = Device(hub)
            let position = FeedPosition(epoch: restored.epoch, cursor: 5, messageID: end.messageID)
            try await phone.joins(as: "anna", protocolVersion: 2, resume: position)
            try await phone.hears(1, "resync_required")
        }
    }

    @Test("a failed read of the feed closes the connection, and only that one")
    func failingFeed() async throws {
        let store = FailingStore()
        try await withHub(store) { hub in
            let (phone, bobs) = (Device(hub), Device(hub))
            try await bobs.joins(as: "bob", protocolVersion: 2)
            bobs.sends("x", from: "bob", to: "anna")
            try await bobs.hears(1, "message_sent")
            store.feedError.withLock { $0 = .failed("x") }
            try await phone.joins(as: "anna", protocolVersion: 2, resume: .init(epoch: store.epoch, cursor: 0))
            try await wait { phone.closedWith != nil }
            #expect(phone.closedWith == 1011 && bobs.closedWith == nil)
        }
    }

    @Test("three devices of one user: each sees every cursor once, in order, its own as message_sent")
    func threeDevices() async throws {
        try await withHub { hub in
            let devices = [Device(hub), Device(hub), Device(hub)]
            for device in devices { try await device.joins(as: "anna", protocolVersion: 2) }
            await withTaskGroup(of: Void.self) { group in
                for (index, device) in devices.enumerated() {
                    group.addTask { for _ in 0..<50 { device.sends("\(index)", from: "anna", to: "bob") } }
                }
            }
            for device in devices {
                try await device.hears(50, "message_sent")
                try await device.hears(100, "new_message")
                #expect(device.cursors == Array(1...150))
            }
        }
    }

    @Test("UUIDs are equal in either case in repeats, marks and pages; the sender gets its own spelling")
    func spelling() async throws {
        try await withHub { hub in
            let (phone, laptop, peer) = (Device(hub), Device(hub), Device(hub))
            for device in [phone, laptop] { try await device.joins(as: "anna", protocolVersion: 2) }
            try await peer.joins(as: "bob", protocolVersion: 2)
            phone.sends("x", from: "anna", to: "bob", id: clientID.uppercased())
            try await laptop.hears(1, "new_message")
            laptop.sends("x", from: "anna", to: "bob", id: clientID)
            try await laptop.hears(1, "message_sent")
            try await phone.hears(1, "message_sent")
            try await peer.hears(1, "new_message")
            #expect(peer.texts == ["x"])
            func sent(_ device: Device) -> [ServerEvent.MessageSent] {
                device.heard.compactMap { if case .messageSent(let event) = $0 { event } else { nil } }
            }
            #expect(sent(phone).map(\.clientMessageID) == [clientID.uppercased()])
            #expect(sent(laptop).map(\.clientMessageID) == [clientID])
            #expect(sent(laptop).map(\.duplicate) == [true])
            let named = laptop.heard.compactMap {
                if case .newMessage(let new) = $0 { new.clientMessageID } else { nil }
            }
            #expect(named == [clientID])
            let id = try #require(sent(phone).first).messageID
            peer.says(.read(otherUser: user("anna"), messageID: id.uppercased()))
            try await phone.hears(1, "read")
            #expect(phone.heard.contains(.read(user: user("bob"), otherUser: nil, messageID: id)))
            phone.sends("y", from: "anna", to: "bob")
            try await phone.hears(2, "message_sent")
            let last = try #require(sent(phone).last).messageID
            let query = [
                ("userId", "anna"), ("otherUserId", "bob"), ("limit", "9"), ("before", last.uppercased().wire),
            ]
            let page = await Routes(hub: hub, policy: AccessPolicy()).respond(
                to: .init(
                    method: "GET", path: "/messages", query: query.map { (name: $0.0, value: $0.1) },
                    host: "localhost:1"))
            #expect(
                try WireCodec.decode(HistoryPage.self, from: page.body).messages.map(\.clientMessageID) == [clientID])
        }
    }

    @Test("over the rate a message is refused whichever device sends it, but a repeat is answered and does not count")
    func rateLimit() async throws {
        try await withHub(MemoryStore(), .with { $0.rate = Rate(burst: 2, perSecond: 1) }) { hub in
            let (phone, laptop) = (Device(hub), Device(hub))
            try await phone.joins(as: "anna", protocolVersion: 2)
            try await laptop.joins(as: "anna", protocolVersion: 2)
            let ids: [ClientMessageID] = (0...4).map { "0f8fad5b-d9cb-469f-a165-70867728950\($0)" }
            phone.sends("0", from: "anna", to: "bob", id: ids[0])
            phone.sends("0", from: "anna", to: "bob", id: ids[0])
            try await phone.hears(2, "message_sent")
            laptop.sends("1", from: "anna", to: "bob", id: ids[1])
            try await laptop.hears(1, "message_sent")
            phone.sends("2", from: "anna", to: "bob", id: ids[2])
            phone.sends("1", from: "anna", to: "bob", id: ids[1])
            phone.sends("other", from: "anna", to: "bob", id: ids[0])
            try await phone.hears(2, "error")
            try await phone.hears(3, "message_sent")
            let answers = phone.heard.compactMap { event in
                switch event {
                case .messageSent(let sent): "\(sent.cursor ?? 0)\(sent.duplicate == true ? " again" : "")"
                case .error(let failure): "\(failure.code?.rawValue ?? "") \(failure.retryAfterMs ?? 0)"
                default: nil
                }
            }
            #expect(answers == ["1", "1 again", "rate_limited 1000", "2 again", "idempotency_conflict 0"])
        }
    }
}
