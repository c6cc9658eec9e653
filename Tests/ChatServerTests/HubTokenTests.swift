import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatServer

/// Accepts `USER until SECONDS` as a token.
struct PlainTokens: Authenticator {
    var missing: String?

    func problem() async -> String? { missing }

    func identify(_ token: String, now: Timestamp) async throws(AuthenticationError) -> Identity {
        if token == "later" { throw .unavailable("no keys") }
        let words = token.split(separator: " ")
        guard words.count == 3, let user = UserID(String(words[0])), let end = Int64(words[2]), end > now.seconds else {
            throw .rejected("no good")
        }
        return Identity(user: user, expiresAt: Timestamp(seconds: end))
    }
}

@Suite("Tokens through the hub")
struct HubTokenTests {
    private static func hub(_ store: any MessageStore = MemoryStore(), at time: Timestamp = now) -> Hub {
        Hub(
            store: store, authenticator: PlainTokens(), configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
            time
        }
    }

    private static let forever = "until 9999999999"

    @Test("a connection is registered only after its token was found valid")
    func admission() async throws {
        let hub = Self.hub()
        let (good, bad, other, late) = (Device(hub), Device(hub), Device(hub), Device(hub))
        good.says(.auth(.init(user: anna, protocolVersion: 2, token: "анна \(Self.forever)")))
        bad.says(.auth(.init(user: anna, protocolVersion: 2, token: "nonsense")))
        other.says(.auth(.init(user: anna, protocolVersion: 2, token: "bob \(Self.forever)")))
        late.says(.auth(.init(user: anna, protocolVersion: 2, token: "later")))
        try await good.hears(1, "auth_success")
        for device in [bad, other, late] { try await device.hears(1, "error") }
        try await wait { bad.closedWith == 4500 && other.closedWith == 4503 }
        #expect(late.closedWith == nil)
        #expect(hub.authorizedConnections == 1)
        #expect([good, bad, other, late].map(\.wasAdmitted) == [true, false, false, false])
    }

    @Test("the token of the upgrade request authenticates an old client") func bearer() async throws {
        let hub = Self.hub()
        let old = Device(hub, bearer: "анна \(Self.forever)")
        old.says(#"{"type":"auth","userId":"анна"}"#)
        try await old.hears(1, "auth_success")
        let posing = Device(hub, bearer: "bob \(Self.forever)")
        posing.says(#"{"type":"auth","userId":"анна"}"#)
        try await wait { posing.closedWith == 4503 }
    }

    @Test("tokens expire at their time, all with one timer") func sweep() async throws {
        let clock = Mutex(now)
        let hub = Hub(
            store: MemoryStore(), authenticator: PlainTokens(), configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { clock.withLock { $0 } }
        let devices = (0..<20).map { _ in Device(hub) }
        for (number, device) in devices.enumerated() {
            let end = now.seconds + (number < 10 ? 1 : 3600)
            device.says(.auth(.init(user: anna, protocolVersion: 2, token: "анна until \(end)")))
            try await device.hears(1, "auth_success")
        }
        try await wait { hub.timers.count == 20 }
        clock.withLock { $0 = now.advanced(by: .seconds(27)) }
        // The first has asked to be reminded in 26 s. Another one that comes now wakes all that are due.
        let latest = Device(hub)
        latest.says(.auth(.init(user: anna, protocolVersion: 2, token: "анна until \(now.seconds + 28)")))
        try await latest.hears(1, "token_expiring")
        hub.timers.fireDue()
        #expect(devices.map(\.closedWith) == Array(repeating: 4004, count: 10) + Array(repeating: nil, count: 10))
        for device in devices { device.leaves() }
        latest.leaves()
        #expect(hub.timers.count == 0)
    }

    @Test("over HTTP: 401 without a valid token, 403 for another user's data, and health checks are open")
    func http() async throws {
        let routes = Routes(hub: Self.hub(), policy: AccessPolicy(allowsRemote: true))
        func status(_ path: String, _ query: [(String, String)], _ bearer: String?) async -> Int {
            let query = query.map { (name: $0.0, value: $0.1) }
            return await routes.respond(to: .init(method: "GET", path: path, query: query, bearer: bearer)).status
        }
        let (conversation, list) = ([("userId", "анна"), ("otherUserId", "bob")], [("userId", "анна")])
        for (path, query) in [("/messages", conversation), ("/conversations", list)] {
            #expect(await status(path, query, nil) == 401)
            #expect(await status(path, query, "nonsense") == 401)
            #expect(await status(path, query, "анна until 1") == 401)
            #expect(await status(path, query, "bob \(Self.forever)") == 403)
            #expect(await status(path, query, "later") == 503)
            #expect(await status(path, query, "анна \(Self.forever)") == 200)
        }
        for path in ["/status", "/healthz", "/readyz"] { #expect(await status(path, [], nil) == 200) }
        let refusal = await routes.respond(
            to: .init(method: "GET", path: "/conversations", query: [(name: "userId", value: "анна")]))
        #expect(refusal.challenge == "Bearer" && !refusal.body.contains("анна"))
        // An old client may send its API key as a token, or in the query. Neither makes it a user.
        let apiKey = await routes.respond(
            to: .init(method: "GET", path: "/conversations", query: [("userId", "анна")], bearer: "sb_publishable_a"))
        #expect(apiKey.status == 401 && apiKey.body.contains("send it as apikey"))
        for name in ["apikey", "token", "access_token", "authorization"] {
            for value in ["sb_publishable_a", "анна \(Self.forever)"] {
                #expect(await status("/conversations", [("userId", "анна"), (name, value)], nil) == 401)
            }
        }
    }

    @Test("a server that can check no token is not ready, and says so") func readiness() async throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = Hub(
            store: MemoryStore(), authenticator: PlainTokens(missing: "no keys"), configuration: .unlimited, log: log
        ) { now }
        let routes = Routes(hub: hub, policy: AccessPolicy(allowsRemote: true))
        let answer = await routes.respond(to: .init(method: "GET", path: "/readyz"))
        #expect(answer.status == 503 && answer.body == #"{"error":"Tokens cannot be checked: no keys"}"#)
        #expect(await routes.respond(to: .init(method: "GET", path: "/healthz")).status == 200)
    }
}

@Suite("Who may do what")
struct AuthorizerTests {
    @Test func rules() {
        let operations: [Authorizer.Operation] = [.act(as: anna), .read(of: anna)]
        for operation in operations {
            #expect(Authorizer.refusal(of: operation, by: .user(anna)) == nil)
            #expect(Authorizer.refusal(of: operation, by: .unverified) == nil)
            #expect(Authorizer.refusal(of: operation, by: .user(bob)) == .forbidden)
            #expect(Authorizer.refusal(of: operation, by: .anonymous) == .notAuthorized)
        }
        for requester in [Authorizer.Requester.anonymous, .unverified, .user(bob)] {
            #expect(Authorizer.refusal(of: .readHealth, by: requester) == nil)
        }
    }
}
