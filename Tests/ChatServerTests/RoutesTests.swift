import ChatWire
import Logging
import Testing

@testable import ChatServer

@Suite("HTTP routes")
struct RoutesTests {
    private static func respond(_ request: Routes.Request, _ count: Int = 3) async throws -> Routes.Response {
        let store = MemoryStore()
        let (anna, bob) = (try #require(UserID("анна")), try #require(UserID("bob")))
        _ = await store.append(
            (0..<count).map {
                MessageDraft(
                    sender: $0 % 2 == 0 ? anna : bob, receiver: $0 % 2 == 0 ? bob : anna, text: UntrustedText("t\($0)"),
                    receivedAt: Timestamp(seconds: 1_700_000_000))
            })
        let hub = Hub(
            store: store, authenticator: nil, configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
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

    @Test("pages of older messages") func paging() async throws {
        let users = [("userId", "bob"), ("otherUserId", "анна")]
        let newest = try await Self.respond(Self.get("/messages", users + [("limit", "2")]), 5)
        let page = try WireCodec.decode(HistoryPage.self, from: newest.body)
        #expect(page.messages.map(\.message.text.wire) == ["t3", "t4"] && page.hasMore == true)
        for limit in ["0", "201", "x", "-1"] {
            #expect(try await Self.respond(Self.get("/messages", users + [("limit", limit)])).status == 400)
        }
    }

    @Test("an entry has only the old fields unless the request names a limit; the marks are always there")
    func fields() async throws {
        let users = [("userId", "bob"), ("otherUserId", "анна")]
        let old = try await Self.respond(Self.get("/messages", users), 1).body
        #expect(!old.contains(#""cursor""#) && !old.contains("client_message_id"))
        let page = try WireCodec.decode(HistoryPage.self, from: old)
        #expect(page.marks?.map(\.user.wire) == ["bob", "анна"])
        let new = try await Self.respond(Self.get("/messages", users + [("limit", "200")]), 1).body
        #expect(try WireCodec.decode(HistoryPage.self, from: new).messages.map(\.cursor) == [1])
    }

    @Test("conversations, the latest first", arguments: ["", "/functions/v1/websocket-server"])
    func conversations(_ prefix: String) async throws {
        let answer = try await Self.respond(Self.get(prefix + "/conversations", [("userId", "bob")]))
        #expect(answer.status == 200)
        let list = try WireCodec.decode(ConversationList.self, from: answer.body)
        #expect(list.conversations.map(\.peer.wire) == ["анна"])
        #expect(list.conversations.map(\.lastMessage.text.wire) == ["t2"])
        #expect(try await Self.respond(Self.get("/conversations")).status == 400)
        #expect(
            try await Self.respond(Self.get("/conversations", [("userId", "bob"), ("limit", "0")])).status == 400)
    }

    @Test("health: the process is up; ready: messages can be stored, and the end has not begun")
    func health() async throws {
        let store = FailingStore()
        let hub = Hub(
            store: store, authenticator: nil, configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { now }
        let routes = Routes(hub: hub, policy: AccessPolicy())
        func status(_ path: String) async -> Int { await routes.respond(to: Self.get(path)).status }
        for prefix in ["", "/functions/v1/websocket-server"] {
            #expect(await status(prefix + "/healthz") == 200)
            #expect(await status(prefix + "/readyz") == 200)
        }
        store.error.withLock { $0 = .locked }
        let locked = Routes(hub: hub, policy: AccessPolicy())
        #expect(await locked.respond(to: Self.get("/readyz")).status == 503)
        #expect(await locked.respond(to: Self.get("/healthz")).status == 200)
        store.error.withLock { $0 = nil }
        hub.beginDraining()
        #expect(await status("/readyz") == 503)
        #expect(await status("/healthz") == 200)
    }
}
