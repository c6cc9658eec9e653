import ChatWire
import Logging
import Testing

@testable import ChatServer

@Suite("The hub")
struct HubTests {
    @Test("a message is confirmed to the device that sent it and delivered to every device of the receiver")
    func delivery() async throws {
        try await withHub { hub in
            let (anna, bobOld, bobNew, stranger) = (Device(hub), Device(hub), Device(hub), Device(hub))
            try await anna.joins(as: "anna")
            try await bobOld.joins(as: "bob")
            try await bobNew.joins(as: "bob", protocolVersion: 2)
            try await stranger.joins(as: "carl", protocolVersion: 2)
            for number in 1...100 { anna.sends("\(number)", from: "anna", to: "bob") }
            try await anna.hears(100, "message_sent")
            for device in [bobOld, bobNew] {
                try await device.hears(100, "new_message")
                #expect(device.texts == (1...100).map(String.init))
            }
            #expect(stranger.texts.isEmpty && anna.texts.isEmpty)
            #expect(hub.authorizedConnections == 4)
        }
    }

    @Test("a message is sent to the user's other new devices, not to old ones")
    func otherDevices() async throws {
        try await withHub { hub in
            let (phone, laptop, old) = (Device(hub), Device(hub), Device(hub))
            try await phone.joins(as: "anna", protocolVersion: 2)
            try await laptop.joins(as: "anna", protocolVersion: 2)
            try await old.joins(as: "anna")
            phone.sends("x", from: "anna", to: "bob")
            try await phone.hears(1, "message_sent")
            try await laptop.hears(1, "new_message")
            await hub.flush()
            #expect(old.texts.isEmpty && phone.texts.isEmpty)
        }
    }

    @Test("the name from the token is stored; if the database cannot store it, the user can still log in")
    func names() async throws {
        let store = FailingStore()
        try await withHub(store) { hub in
            func name(_ auth: String) async throws -> UntrustedText? {
                let device = Device(hub)
                device.says(#"{"type":"auth","userId":"anna","protocol":2\#(auth)}"#)
                try await device.hears(1, "auth_success")
                device.leaves()
                return device.heard.compactMap { if case .authSuccess(let success) = $0 { success.name } else { nil } }
                    .first
            }
            var names: [UntrustedText?] = []
            for auth in ["", #","name":"Анна""#, #","name":"a\u0007""#, ""] { names.append(try await name(auth)) }
            #expect(names == [nil, "Анна", "Анна", "Анна"])
            store.error.withLock { $0 = .full }
            let kept = try await name(#","name":"Другая""#)
            #expect(kept == "Анна")
        }
    }

    @Test("cursors have no gaps and no duplicates with many senders")
    func cursors() async throws {
        try await withHub { hub in
            let bob = Device(hub)
            try await bob.joins(as: "bob", protocolVersion: 2)
            let senders = (0..<20).map { _ in Device(hub) }
            for (index, sender) in senders.enumerated() { try await sender.joins(as: "u\(index)") }
            await withTaskGroup(of: Void.self) { group in
                for (index, sender) in senders.enumerated() {
                    group.addTask { for number in 0..<50 { sender.sends("\(number)", from: "u\(index)", to: "bob") } }
                }
            }
            try await bob.hears(1000, "new_message")
            let cursors = bob.heard.compactMap { if case .newMessage(let event) = $0 { event.cursor } else { nil } }
            #expect(cursors == Array(1...1000))
        }
    }

    @Test("a user who has disconnected is not registered any more") func leaving() async throws {
        try await withHub { hub in
            let (anna, bob) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna")
            try await bob.joins(as: "bob")
            bob.leaves()
            #expect(hub.authorizedConnections == 1)
            anna.sends("x", from: "anna", to: "bob")
            try await anna.hears(1, "message_sent")
            #expect(bob.texts.isEmpty)
        }
    }

    @Test(
        "a store that fails is told to the sender, delivers nothing, and works again after",
        arguments: [
            StoreError.full, .locked, .failed("x"),
        ])
    func failingStore(_ error: StoreError) async throws {
        let store = FailingStore()
        try await withHub(store) { hub in
            let (anna, bob) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna")
            try await bob.joins(as: "bob")
            store.error.withLock { $0 = error }
            anna.sends("lost", from: "anna", to: "bob")
            try await anna.hears(1, "error")
            #expect(anna.heard.last == .error(.init(message: ServerText.storageFailed, code: .storageFailed)))
            store.error.withLock { $0 = nil }
            anna.sends("kept", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            #expect(bob.texts == ["kept"])
        }
    }

    @Test("messages queued before the hub was told to finish are stored") func finishing() async throws {
        let store: any MessageStore = MemoryStore()
        let hub = Hub(
            store: store, authenticator: nil, configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
            Timestamp(seconds: 1)
        }
        let (anna, bob) = (try #require(UserID("anna")), try #require(UserID("bob")))
        let connection = hub.connect(ThrottledSocket())
        for number in 0..<500 {
            let text = UntrustedText("\(number)")
            hub.append(.init(sender: anna, receiver: bob, text: text, receivedAt: hub.now()), from: connection)
        }
        hub.finish()
        await hub.run()
        #expect(try await store.lastCursor(of: bob) == 500)
    }
}
