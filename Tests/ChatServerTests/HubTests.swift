import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatServer

/// A device of a user, without a socket: what it is told is kept as text, as it would go over the wire.
private final class Device: ClientSocket {
    private let received = Mutex<[String]>([])
    private let connection = Mutex<Connection?>(nil)

    init(_ hub: Hub) {
        let connection = hub.connect(self)
        self.connection.withLock { $0 = connection }
    }

    func send(text: String) { received.withLock { $0.append(text) } }
    func pauseReading() {}
    func resumeReading() {}

    func says(_ text: String) {
        connection.withLock { $0 }?.received(text: text)
    }

    func leaves() {
        connection.withLock { $0 }?.closed()
    }

    var heard: [ServerEvent] {
        received.withLock { $0 }.compactMap { try? WireCodec.decode(ServerEvent.self, from: $0) }
    }

    /// Waits until so many events of a kind have come.
    func hears(_ count: Int, _ kind: String, within limit: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + limit
        while heard.count(where: { $0.kind == kind }) < count {
            try #require(ContinuousClock.now < deadline, "heard only \(heard.map(\.kind)), not \(count) \(kind)")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func joins(as user: String, protocolVersion: Int? = nil) async throws {
        let version = protocolVersion.map { #","protocol":\#($0)"# } ?? ""
        says(#"{"type":"auth","userId":"\#(user)"\#(version)}"#)
        try await hears(1, "auth_success")
    }

    func sends(_ text: String, from: String, to: String) {
        says(#"{"type":"message","senderId":"\#(from)","receiverId":"\#(to)","messageText":"\#(text)"}"#)
    }

    var texts: [String] {
        heard.compactMap { if case .newMessage(let event) = $0 { event.message.text.wire } else { nil } }
    }
}

/// A store that fails for as long as it is told to.
private final class FailingStore: MessageStore {
    let real: any MessageStore = MemoryStore()
    let error = Mutex<StoreError?>(nil)
    var epoch: String { real.epoch }

    func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome] {
        if let error = error.withLock({ $0 }) { throw error }
        return try await real.append(drafts)
    }

    func conversation(of user: UserID, with peer: UserID, before: String?, limit: Int) async throws(StoreError)
        -> HistoryPage
    {
        try await real.conversation(of: user, with: peer, before: before, limit: limit)
    }

    func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage] {
        try await real.feed(of: user, after: cursor, limit: limit)
    }

    func lastCursor(of user: UserID) async throws(StoreError) -> Int { try await real.lastCursor(of: user) }
    func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile { try await real.profile(of: user) }

    func earlierOutcome(of draft: MessageDraft) async throws(StoreError) -> AppendOutcome? {
        try await real.earlierOutcome(of: draft)
    }

    func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry] {
        try await real.conversations(of: user, limit: limit)
    }

    func acknowledge(_ acknowledgements: [Acknowledgement]) async throws(StoreError) -> [[DeliveredMark]] {
        try await real.acknowledge(acknowledgements)
    }

    func markRead(by user: UserID, with peer: UserID, upTo messageID: String) async throws(StoreError) -> Bool? {
        try await real.markRead(by: user, with: peer, upTo: messageID)
    }

    func marks(of user: UserID, since: Timestamp, limit: Int) async throws(StoreError) -> [ConversationMarks] {
        try await real.marks(of: user, since: since, limit: limit)
    }

    func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks {
        try await real.marks(of: user, with: peer)
    }

    func setLastSeen(_ time: Timestamp, of user: UserID) async throws(StoreError) {
        try await real.setLastSeen(time, of: user)
    }

    func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        try await real.lastSeen(of: users)
    }
}

/// Runs a hub for the length of a test.
private func withHub(
    _ store: any MessageStore = MemoryStore(), _ body: @Sendable (Hub) async throws -> Void
) async throws {
    let hub = Hub(store: store, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
        Timestamp(seconds: 1_700_000_000)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await hub.run() }
        defer { hub.finish() }
        try await body(hub)
    }
}

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

    @Test("what was sent on one device shows on the user's other new device, not on an old one")
    func otherDevices() async throws {
        try await withHub { hub in
            let (phone, laptop, old) = (Device(hub), Device(hub), Device(hub))
            try await phone.joins(as: "anna", protocolVersion: 2)
            try await laptop.joins(as: "anna", protocolVersion: 2)
            try await old.joins(as: "anna")
            phone.sends("x", from: "anna", to: "bob")
            try await phone.hears(1, "message_sent")
            try await laptop.hears(1, "new_message")
            await hub.settle()
            #expect(old.texts.isEmpty && phone.texts.isEmpty)
        }
    }

    @Test("cursors have no gaps and no doubles under many senders")
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

    @Test("one who left is not there any more") func leaving() async throws {
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

    @Test("what was queued when the hub was told to finish is stored all the same") func finishing() async throws {
        let store: any MessageStore = MemoryStore()
        let hub = Hub(store: store, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            Timestamp(seconds: 1)
        }
        let (anna, bob) = (try #require(UserID("anna")), try #require(UserID("bob")))
        for number in 0..<500 {
            hub.commits.append(
                .init(sender: anna, receiver: bob, text: UntrustedText("\(number)"), receivedAt: hub.now())
            ) { _ in }
        }
        hub.finish()
        await hub.run()
        #expect(try await store.lastCursor(of: bob) == 500)
    }
}

@Suite("HTTP routes")
struct RoutesTests {
    private static func respond(_ request: Routes.Request, _ count: Int = 3) async throws -> Routes.Response {
        let store = MemoryStore()
        let (anna, bob) = (try #require(UserID("анна")), try #require(UserID("bob")))
        _ = try await store.append(
            (0..<count).map {
                MessageDraft(
                    sender: $0 % 2 == 0 ? anna : bob, receiver: $0 % 2 == 0 ? bob : anna, text: UntrustedText("t\($0)"),
                    receivedAt: Timestamp(seconds: 1_700_000_000))
            })
        let hub = Hub(store: store, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            Timestamp(seconds: 1_700_000_000)
        }
        return await Routes(hub: hub, policy: AccessPolicy()).respond(to: request)
    }

    private static func get(_ path: String, _ query: [(String, String)] = []) -> Routes.Request {
        .init(method: "GET", path: path, query: query.map { (name: $0.0, value: $0.1) }, host: "localhost:1")
    }

    @Test(arguments: ["", "/functions/v1/websocket-server"])
    func answers(_ prefix: String) async throws {
        let status = try await Self.respond(Self.get(prefix + "/status"))
        #expect(status.status == 200)
        let body = try WireCodec.decode(ServerStatus.self, from: status.body)
        #expect(body == ServerStatus(connections: 0, timestamp: Timestamp(seconds: 1_700_000_000)))
        let messages = try await Self.respond(
            Self.get(prefix + "/messages", [("userId", "bob"), ("otherUserId", "анна")]))
        let page = try WireCodec.decode(HistoryPage.self, from: messages.body)
        #expect(page.messages.map(\.message.text.wire) == ["t0", "t1", "t2"])
    }

    @Test(
        "refusals",
        arguments: [
            (get("/messages"), 400, #"{"error":"Missing userId or otherUserId"}"#),
            (get("/messages", [("userId", "a")]), 400, #"{"error":"Missing userId or otherUserId"}"#),
            (
                get("/messages", [("userId", ""), ("otherUserId", "b")]), 400,
                #"{"error":"Missing userId or otherUserId"}"#
            ),
            (get("/nothing"), 404, #"{"error":"Not found"}"#), (get("/"), 404, #"{"error":"Not found"}"#),
            (get("/messages/x"), 404, #"{"error":"Not found"}"#),
            (get("/functions/v1/websocket-serverx/status"), 404, #"{"error":"Not found"}"#),
            (.init(method: "POST", path: "/status"), 404, #"{"error":"Not found"}"#),
            (.init(method: "GET", path: "/status", origin: "https://evil.example"), 403, #"{"error":"Forbidden"}"#),
            (.init(method: "GET", path: "/status", host: "evil.example"), 403, #"{"error":"Forbidden"}"#),
            (.init(method: "GET", path: "/status", isLocal: false), 403, #"{"error":"Forbidden"}"#),
        ] as [(Routes.Request, Int, String)])
    func refusals(_ request: Routes.Request, _ status: Int, _ body: String) async throws {
        #expect(try await Self.respond(request) == Routes.Response(status: status, body: body))
    }

    @Test("a preflight is always answered") func options() async throws {
        let request = Routes.Request(method: "OPTIONS", path: "/messages", origin: "https://example.com", host: "x")
        #expect(try await Self.respond(request).status == 200)
    }

    @Test("pages towards the past") func paging() async throws {
        let users = [("userId", "bob"), ("otherUserId", "анна")]
        let newest = try await Self.respond(Self.get("/messages", users + [("limit", "2")]), 5)
        let page = try WireCodec.decode(HistoryPage.self, from: newest.body)
        #expect(page.messages.map(\.message.text.wire) == ["t3", "t4"] && page.hasMore == true)
        for limit in ["0", "201", "x", "-1"] {
            #expect(try await Self.respond(Self.get("/messages", users + [("limit", limit)])).status == 400)
        }
    }
}
