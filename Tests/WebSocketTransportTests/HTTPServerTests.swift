import NIOCore
import Testing

@testable import WebSocketTransport

/// HTTP on the shared port, with clients that send anything.
@Suite(.timeLimit(.minutes(10)))
struct HTTPServerTests {
    private static let hasty = WebSocketLimits.with {
        $0.handshakeTime = .seconds(2)
        $0.keepAliveTime = .seconds(2)
        $0.closeTime = .seconds(1)
    }

    struct Exchange: CustomTestStringConvertible {
        var what: String
        var request: String
        var status: Int
        var contains = ""
        var closes = true
        var testDescription: String { what }
    }

    static let exchanges: [Exchange] = [
        Exchange(what: "a request", request: get("/a?b=c"), status: 200, contains: "path /a\n", closes: false),
        Exchange(what: "%-encoding", request: get("/%D0%B0%2fb"), status: 200, contains: "path /а/b\n", closes: false),
        Exchange(what: "HTTP/1.0", request: "GET / HTTP/1.0\r\n\r\n", status: 200, contains: "path /\n"),
        Exchange(what: "Connection: close", request: get("/", "Connection: close"), status: 200, contains: "close"),
        Exchange(what: "a body", request: post(length: 60_000), status: 200, closes: false),
        Exchange(
            what: "a body that would be too long",
            request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n",
            status: 413),
        Exchange(what: "a body that is too long", request: post(length: 70_000), status: 413),
        Exchange(
            what: "an endless body",
            request: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "fff\r\n" + String(repeating: "x", count: 4095) + "\r\n", count: 20),
            status: 413),
        Exchange(what: "no Host", request: "GET / HTTP/1.1\r\n\r\n", status: 400),
        Exchange(what: "two Hosts", request: get("/", "Host: y"), status: 400),
        Exchange(what: "two Hosts in HTTP/1.0", request: "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", status: 400),
        Exchange(what: "a big header", request: get("/", "X: " + String(repeating: "x", count: 17_000)), status: 431),
        Exchange(what: "a big target", request: get("/" + String(repeating: "x", count: 17_000)), status: 431),
        Exchange(
            what: "many headers",
            request: get("/", (0..<1000).map { "X\($0): yyyyyyyyyyyyyyyy" }.joined(separator: "\r\n")), status: 431),
        Exchange(what: "a target of this server", request: get("http://x/"), status: 200),
        Exchange(what: "a target in capitals with the usual port", request: get("HTTP://X:80?a=b"), status: 200),
        Exchange(what: "a target of another server", request: get("http://y/"), status: 400),
        Exchange(what: "a target of another port", request: get("http://x:81/"), status: 400),
        Exchange(what: "a target with a user", request: get("http://x@y/"), status: 400),
        Exchange(what: "a target of no server", request: get("http:///"), status: 400),
        Exchange(what: "a target behind a fragment", request: get("http://y#x/"), status: 400),
        Exchange(what: "a target and no Host", request: "GET http://x/ HTTP/1.0\r\n\r\n", status: 400),
        Exchange(what: "an upgrade of another server", request: upgrade(path: "http://y/"), status: 400),
        Exchange(what: "no HTTP", request: "hello, is it me\r\n\r\n", status: 400),
        Exchange(what: "a line break without a return", request: "GET / HTTP/1.1\nHost x\n\n", status: 400),
        Exchange(what: "two lengths", request: get("/", "Content-Length: 1\r\nContent-Length: 2"), status: 400),
        Exchange(what: "HTTP/2", request: "GET / HTTP/2.0\r\nHost: x\r\n\r\n", status: 400),
        Exchange(what: "another upgrade", request: get("/", "Connection: Upgrade\r\nUpgrade: h2c"), status: 200),
        Exchange(what: "no key", request: upgrade(key: nil), status: 400, contains: "Sec-WebSocket-Key"),
        Exchange(what: "a short key", request: upgrade(key: "abc="), status: 400, contains: "Sec-WebSocket-Key"),
        Exchange(what: "no Connection", request: upgrade(connection: "keep-alive"), status: 400),
        Exchange(
            what: "version 8", request: upgrade(version: "8"), status: 426, contains: "Sec-WebSocket-Version: 13\r\n"),
        Exchange(what: "no version", request: upgrade(version: nil), status: 426),
        Exchange(what: "a POST", request: upgrade().replacing("GET", with: "POST"), status: 400),
        Exchange(what: "a refused upgrade", request: upgrade(path: "/refused"), status: 401, contains: "who are you"),
        Exchange(
            what: "an upgrade", request: upgrade(), status: 101,
            contains: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", closes: false),
    ]

    private static func get(_ target: String, _ header: String? = nil) -> String {
        "GET \(target) HTTP/1.1\r\nHost: x\r\n" + (header.map { $0 + "\r\n" } ?? "") + "\r\n"
    }

    private static func post(length: Int) -> String {
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n" + String(repeating: "x", count: length)
    }

    private static func upgrade(
        path: String = "/", connection: String = "keep-alive, Upgrade", version: String? = "13",
        key: String? = "dGhlIHNhbXBsZSBub25jZQ=="
    ) -> String {
        var lines = ["GET \(path) HTTP/1.1", "host: x", "CONNECTION: \(connection)", "upgrade: foo, WebSocket"]
        if let version { lines.append("Sec-WebSocket-Version: \(version)") }
        if let key { lines.append("Sec-WebSocket-Key: \(key)") }
        return (lines + ["", ""]).joined(separator: "\r\n")
    }

    @Test(arguments: exchanges) func answers(_ exchange: Exchange) async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            try? await client.send(exchange.request)
            try await eventually("an answer") { client.text.contains("\r\n\r\n") }
            let expected = "HTTP/1.1 \(exchange.status) "
            #expect(client.text.hasPrefix(expected), "\(client.text)")
            if !exchange.contains.isEmpty {
                try await eventually("the right answer") { client.text.contains(exchange.contains) }
            }
            if exchange.closes {
                try await eventually("the end") { client.isClosed }
            } else {
                #expect(!client.isClosed)
            }
        }
    }

    @Test func headIsGetWithoutABody() async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            try await client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + Self.get("/b"))
            try await eventually("both answers") { client.text.hasSuffix("path /b\n") }
            #expect(client.text.contains("Content-Length: 8\r\n"))
            #expect(!client.text.contains("path /a"))
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            let paths = (0..<50).map { $0 % 10 == 0 ? "/slow" : "/\($0)" }
            try await client.send(paths.map { Self.get($0) }.joined())
            try await eventually("all answers") { client.text.components(separatedBy: "HTTP/1.1 200").count == 51 }
            let bodies = client.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("path") || $0 == "slow" }
            #expect(bodies.map(String.init) == paths.map { $0 == "/slow" ? "slow" : "path \($0)" })
        }
    }

    @Test func upgradeAfterARequestAndFramesBehindIt() async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            let request = Self.get("/first") + RawClient.upgradeRequest()
            try await client.send(Array(request.utf8) + Wire.text("at once"))
            let echo = String(decoding: Wire.text("at once", key: nil), as: UTF8.self)
            try await eventually("the echo") { client.text.hasSuffix(echo) }
            try await client.send(Wire.text("later"))
            try await eventually("the second echo") { client.text.hasSuffix("later") }
            #expect(client.text.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func halfClosingClientGetsItsAnswer() async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            try await client.send(Self.get("/slow"))
            try await client.finishSending()
            try await eventually("the answer") { client.text.hasSuffix("slow\n") }
            try await eventually("the end") { client.isClosed }
        }
    }

    @Test func bigAnswerArrivesWholeBeforeTheEnd() async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            try await client.send(Self.get("/big", "Connection: close"))
            try await eventually("the end") { client.isClosed }
            #expect(client.bytes.count > 3 << 20)
            #expect(client.bytes.suffix(3 << 20).allSatisfy { $0 == 0x78 })
        }
    }

    @Test func slowRequestsAreCut() async throws {
        try await withServer(limits: Self.hasty) { _, port in
            let silent = try await RawClient(port: port)
            let dripping = try await RawClient(port: port)
            try await dripping.send("GET / HTTP/1.1\r\nHo")
            let bodyless = try await RawClient(port: port)
            try await bodyless.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
            try await eventually("all are cut") { silent.isClosed && dripping.isClosed && bodyless.isClosed }
            #expect(silent.text.isEmpty && dripping.text.isEmpty)
            #expect(bodyless.text.hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test func idleConnectionIsKeptForAWhile() async throws {
        let limits = WebSocketLimits.with {
            $0.handshakeTime = .seconds(3)
            $0.keepAliveTime = .seconds(8)
        }
        try await withServer(limits: limits) { _, port in
            let client = try await RawClient(port: port)
            try await client.send(Self.get("/1"))
            try await eventually("the first answer") { client.text.hasSuffix("path /1\n") }
            try await Task.sleep(for: .milliseconds(3500))  // longer than a request may take
            try await client.send(Self.get("/2"))
            try await eventually("the second answer") { client.text.hasSuffix("path /2\n") }
            try await eventually("the end") { client.isClosed }
        }
    }

    @Test func expectedContinueIsSaid() async throws {
        try await withServer { _, port in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            try await eventually("the interim answer") { client.text == "HTTP/1.1 100 Continue\r\n\r\n" }
            try await client.send("ab")
            try await eventually("the answer") { client.text.hasSuffix("path /\n") }
        }
    }

    // MARK: - Clients that do not read

    @Test func whoReadsNothingIsCutAfterASilence() async throws {
        let limits = WebSocketLimits.with { $0.keepAliveTime = .seconds(5) }
        try await withServer(limits: limits) { server, port in
            let client = try await RawClient(port: port, reads: false)
            try await client.send(Self.get("/huge"))
            try await eventually("what waits to count") { server.openSockets == 1 }
            let deadline = ContinuousClock.now + .seconds(60)
            var waiting = 0  // it arrives in pieces, and is split again over time
            while waiting <= 1 << 20, .now < deadline {
                waiting = await server.outboundBytes()
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(waiting > 1 << 20)
            try await eventually("the cut") { server.openSockets == 0 }
            #expect(await server.outboundBytes() == 0)
        }
    }

    @Test func whoReadsSlowlyGetsItAll() async throws {
        let limits = WebSocketLimits.with { $0.keepAliveTime = .seconds(4) }
        try await withServer(limits: limits) { _, port in
            let client = try await RawClient(port: port, reads: false)
            try await client.send(Self.get("/huge", "Connection: close"))
            for _ in 0..<12 {  // longer than the silence that is allowed
                try await Task.sleep(for: .milliseconds(300))
                try await client.read()
            }
            try await client.readOn()
            try await eventually("the end") { client.isClosed }
            #expect(client.bytes.count > 24 << 20)
        }
    }

    @Test func whatWaitsForAllIsBounded() async throws {
        let limits = WebSocketLimits.with { $0.answerBytes = 60 << 20 }
        try await withServer(limits: limits) { server, port in
            var clients: [RawClient] = []
            for _ in 0..<10 {
                clients.append(try await RawClient(port: port, reads: false))
                try await clients.last?.send(Self.get("/huge"))
            }
            let deadline = ContinuousClock.now + .seconds(60)
            while await server.httpTraffic().answers.values.reduce(0, +) < 10, .now < deadline {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(await server.httpTraffic().answers == [200: 2, 503: 8])
            #expect(await server.outboundBytes() < 60 << 20)
            let other = try await RawClient(port: port)
            try await other.send(Self.get("/small"))
            try await eventually("a small answer") { other.text.hasSuffix("path /small\n") }
            for client in clients { client.close() }
            try await eventually("the end of all") { server.openSockets == 1 }
            try await other.send(Self.get("/huge", "Connection: close"))
            try await eventually("a big answer again") { other.isClosed }
            #expect(other.bytes.count > 24 << 20)
        }
    }

    // MARK: - Half-closed

    /// Bytes after the requests and before the client's FIN.
    @Test(
        "every whole request before the client's end is answered, and then the connection ends",
        arguments: ["", "GET /c HT", "no HTTP\r\n\r\n"])
    func halfClosed(_ rest: String) async throws {
        for count in [1, 2, 3, 50] {
            try await withServer { _, port in
                let client = try await RawClient(port: port)
                let requests = (0..<count).map { Self.get("/\($0)") }.joined()
                try await client.send(requests + rest)
                // Bytes that are not HTTP may have ended the connection already.
                try? await client.finishSending()
                try await eventually("the end") { client.isClosed }
                let answers = client.text.components(separatedBy: "HTTP/1.1 200 OK").count - 1
                #expect(answers == count)
                #expect(client.text.contains("path /\(count - 1)\n"))
            }
        }
    }

    // MARK: - Behind proxies

    static let forwardingHeaders = [
        "Forwarded: for=192.0.2.1", "Via: 1.1 proxy", "X-Real-IP: 127.0.0.1", "X-Forwarded-Host: x",
        "X-Forwarded-Proto: https", "x-forwarded-server: x", "CF-Connecting-IP: 192.0.2.1", "CF-Ray: x",
        "True-Client-IP: 192.0.2.1", "X-Client-IP: 192.0.2.1", "Fastly-Client-IP: 192.0.2.1", "CDN-Loop: cloudflare",
        "X-Envoy-External-Address: 192.0.2.1", "X-Amzn-Trace-Id: x", "X-Original-Forwarded-For: x", "X-Azure-Ref: x",
        "Fly-Region: ams", "X-Vercel-Id: x", "X-Railway-Edge: x", "X-Render-Origin-Server: x", "X-Render-Origin: x",
        "Forwarded-For: 192.0.2.1", "X-Forward-For: 192.0.2.1", "X-Host: x", "X-Scheme: https", "X_Forwarded_For: x",
        "X-NF-Request-ID: x", "Tailscale-User-Login: x",
    ]

    @Test("any header of a proxy's tells of somebody behind it", arguments: forwardingHeaders)
    func forwarded(_ header: String) throws {
        let parts = header.split(separator: ":", maxSplits: 1)
        let fields = HTTPHeaderFields([(String(parts[0]), parts[1].trimmingPrefix(" ").description)])
        for trusted in [TrustedProxies(), TrustedProxies([try #require(AddressRange("127.0.0.1"))])] {
            let peer = Peer(sender: "127.0.0.1", headers: fields, trusting: trusted)
            #expect(peer == .behind(.address("127.0.0.1")) && !peer.isLoopback)
        }
        let local = Peer(sender: nil, headers: fields, trusting: TrustedProxies(includesUnixSocket: true))
        #expect(local == .behind(.unix) && !local.isLoopback)
    }

    @Test func ordinaryHeadersTellOfNobody() {
        let fields: HTTPHeaderFields = [
            "Host": "x", "Origin": "http://localhost", "User-Agent": "x", "Authorization": "x", "apikey": "x",
            "X-Client-Info": "x", "X-Request-Id": "1",
            "traceparent": "x", "Proxy-Connection": "keep-alive", "Sec-Fetch-Site": "none",
        ]
        #expect(Peer(sender: nil, headers: fields, trusting: TrustedProxies()) == .unix)
    }

    @Test func aProxyOnTheUnixSocketIsBelievedWhereItIsTrusted() {
        let fields: HTTPHeaderFields = ["X-Forwarded-For": "127.0.0.1, 203.0.113.7"]
        #expect(Peer(sender: nil, headers: fields, trusting: TrustedProxies()) == .behind(.unix))
        let trusting = TrustedProxies(includesUnixSocket: true)
        let peer = Peer(sender: nil, headers: fields, trusting: trusting)
        #expect(peer == .address("203.0.113.7") && peer.limitKey == "203.0.113.7")
        #expect(Peer(sender: "127.0.0.1", headers: fields, trusting: trusting) == .behind(.address("127.0.0.1")))
    }

    @Test(
        "a proxy on this machine that another one names is looked through",
        arguments: ["127.0.0.1", "::1", "unix:", "127.0.0.9"])
    func hopsOfThisMachine(_ hop: String) {
        let trusting = TrustedProxies(includesUnixSocket: true)
        func peer(_ hops: String) -> Peer { Peer(sender: nil, headers: ["X-Forwarded-For": hops], trusting: trusting) }
        #expect(peer("203.0.113.9, \(hop)") == .address("203.0.113.9"))
        #expect(peer("127.0.0.1, 203.0.113.9, \(hop), \(hop)") == .address("203.0.113.9"))
        #expect(peer("unknown, \(hop)") == .address("unknown") && !peer("unknown, \(hop)").isLoopback)
        #expect(peer(hop) == .address(hop) && peer("\(hop), \(hop)") == .address(hop))
        #expect(peer(hop).isLoopback == (hop != "unix:"))
    }

    struct Forwarding: Sendable {
        var trusted: [String]
        var headers: [String]
        var peer: Peer
    }

    static let forwardings: [Forwarding] = [
        .init(trusted: [], headers: ["127.0.0.1"], peer: .behind(.address("127.0.0.1"))),
        .init(trusted: [], headers: [""], peer: .behind(.address("127.0.0.1"))),
        .init(trusted: ["10.0.0.0/8"], headers: ["127.0.0.1", "10.1.2.3"], peer: .behind(.address("127.0.0.1"))),
        .init(trusted: ["127.0.0.0/8"], headers: [], peer: .address("127.0.0.1")),
        .init(trusted: ["127.0.0.0/8"], headers: ["192.0.2.1, 203.0.113.7"], peer: .address("203.0.113.7")),
        .init(
            trusted: ["127.0.0.0/8", "10.0.0.0/8"], headers: ["192.0.2.1, 203.0.113.7", "10.1.2.3"],
            peer: .address("203.0.113.7")),
        .init(trusted: ["127.0.0.0/8", "10.0.0.0/8"], headers: ["10.9.9.9", "10.1.2.3"], peer: .address("10.9.9.9")),
        // Entries that the proxy's client wrote come before the proxy's own, and must not replace it.
        .init(trusted: ["127.0.0.0/8"], headers: ["127.0.0.1, unknown"], peer: .address("unknown")),
        .init(trusted: ["127.0.0.0/8"], headers: ["127.0.0.1, 203.0.113.7:555"], peer: .address("203.0.113.7:555")),
    ]

    @Test(arguments: forwardings)
    func forwardedAddressIsBelievedOnlyFromProxies(_ example: Forwarding) async throws {
        let application = TestApplication()
        try await withServer(
            application, trustedProxies: TrustedProxies(example.trusted.compactMap { AddressRange($0) })
        ) { _, port in
            let client = try await RawClient(port: port)
            let headers = example.headers.map { "X-Forwarded-For: \($0)" }.joined(separator: "\r\n")
            try await client.send(Self.get("/", headers))
            try await eventually("the answer") { client.text.hasSuffix("path /\n") }
            #expect(application.requests.withLock { $0.first?.peer } == example.peer)
        }
    }
}
