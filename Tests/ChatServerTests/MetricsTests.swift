import ChatWire
import Logging
import RateLimiting
import Synchronization
import Testing

@testable import ChatServer

@Suite("Metrics")
struct MetricsTests {
    @Test("Prometheus' text format, 0.0.4") func format() {
        var page = Exposition()
        page.gauge("a", "What \\ it\nis.", 1.5, [("of", "x\"y\\z\n")])
        page.counter("b_total", "So many.", 3)
        var tally = LabeledCounter<Metrics.Resumption>()
        tally.count(.resync)
        page.counter("c_total", "Some.", by: "outcome", tally)
        var times = Histogram()
        for time: Duration in [.zero, .milliseconds(-5), .microseconds(500), .milliseconds(30), .seconds(60)] {
            times.observe(time)
        }
        page.histogram("d_seconds", "How long.", times)
        #expect(
            page.text == """
                # HELP a What \\\\ it\\nis.
                # TYPE a gauge
                a{of="x\\"y\\\\z\\n"} 1.5
                # HELP b_total So many.
                # TYPE b_total counter
                b_total 3
                # HELP c_total Some.
                # TYPE c_total counter
                c_total{outcome="resumed"} 0
                c_total{outcome="resync"} 1
                # HELP d_seconds How long.
                # TYPE d_seconds histogram
                d_seconds_bucket{le="0.0005"} 3
                d_seconds_bucket{le="0.001"} 3
                d_seconds_bucket{le="0.0025"} 3
                d_seconds_bucket{le="0.005"} 3
                d_seconds_bucket{le="0.01"} 3
                d_seconds_bucket{le="0.025"} 3
                d_seconds_bucket{le="0.05"} 4
                d_seconds_bucket{le="0.1"} 4
                d_seconds_bucket{le="0.25"} 4
                d_seconds_bucket{le="0.5"} 4
                d_seconds_bucket{le="1.0"} 4
                d_seconds_bucket{le="2.5"} 4
                d_seconds_bucket{le="5.0"} 4
                d_seconds_bucket{le="+Inf"} 5
                d_seconds_sum 60.0305
                d_seconds_count 5

                """)
    }

    // MARK: - What is counted

    @Test("messages: stored, sent, refused; and how long commits and deliveries took") func messages() async throws {
        try await withHub(MemoryStore(), .with { $0.rate = Rate(burst: 3, perSecond: 1) }) { hub in
            let (anna, bob) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna", protocolVersion: 2)
            try await bob.joins(as: "bob", protocolVersion: 2)
            anna.sends("1", from: "anna", to: "bob", id: clientID)
            anna.sends("1", from: "anna", to: "bob", id: clientID)  // a repeat
            anna.sends("2", from: "anna", to: "bob", id: clientID)
            try await anna.hears(1, "error")
            anna.sends("3", from: "anna", to: "nobody")
            anna.sends(String(repeating: "x", count: 501), from: "anna", to: "bob")
            anna.sends("", from: "anna", to: "bob")
            anna.sends("4", from: "bob", to: "anna")
            anna.sends("5", from: "anna", to: "bob")
            anna.says("not JSON")
            try await anna.hears(6, "error")
            let metrics = hub.metrics.current
            #expect(metrics.stored == 2 && metrics.delivered == 1)
            let refused: [ErrorCode] = [
                .idempotencyConflict, .messageTooLong, .invalidMessage, .forbidden, .rateLimited,
            ]
            for code in refused { #expect(metrics.refusedMessages[code] == 1 && metrics.errors[code] == 1) }
            #expect(metrics.refusedMessages.total == 5)
            #expect(metrics.errors[.invalidEvent] == 1 && metrics.errors.total == 6)
            #expect(metrics.limitsHit[.messageLength] == 1 && metrics.limitsHit[.messages] == 1)
            #expect(metrics.limitsHit.total == 2)
            #expect(metrics.commitTime.count >= 1 && metrics.commitTime.sum > 0)
            #expect(metrics.deliveryTime.count == 1)
        }
    }

    @Test("messages that the database does not store") func failing() async throws {
        let store = FailingStore()
        try await withHub(store) { hub in
            let anna = Device(hub)
            try await anna.joins(as: "anna")
            store.error.withLock { $0 = .full }
            anna.sends("1", from: "anna", to: "bob")
            try await anna.hears(1, "error")
            let metrics = hub.metrics.current
            #expect(metrics.refusedMessages[.storageFailed] == 1 && metrics.stored == 0)
            #expect(metrics.commitTime.count == 0)
        }
    }

    @Test("each message of a batch has its own answer: nobody whose message is stored hears of a failure")
    func divided() async throws {
        let store = FailingStore()
        store.outcomes.withLock { $0 = ["2": .notStored(.locked), "3": .unknown(.locked), "4": .refused(.keptOut)] }
        try await withHub(store) { hub in
            let senders = (0..<5).map { _ in Device(hub) }
            for (number, sender) in senders.enumerated() { try await sender.joins(as: "sender\(number)") }
            store.appendsAreHeld.withLock { $0 = true }
            for (number, sender) in senders.enumerated() {
                sender.sends("\(number)", from: "sender\(number)", to: "bob")
            }
            store.appendsAreHeld.withLock { $0 = false }
            for number in [0, 1] { try await senders[number].hears(1, "message_sent") }
            for number in [2, 4] { try await senders[number].hears(1, "error") }
            try await wait { senders[3].closedWith != nil }
            #expect(senders.map { $0.failures.map(\.code) } == [[], [], [.storageFailed], [], [.invalidMessage]])
            #expect(senders.map(\.closedWith) == [nil, nil, nil, 1011, nil])
            let metrics = hub.metrics.current
            #expect(metrics.stored == 2 && metrics.refusedMessages.total == 2)
        }
    }

    @Test("the results of messages are counted and logged, even if their sender has disconnected before")
    func gone() async throws {
        let answers: [(StoreError?, ErrorCode?)] = [(nil, nil), (.full, .storageFailed)]
        for (failure, code) in answers {
            let store = FailingStore()
            let lines = Mutex<[String]>([])
            let log = Logger(label: "test") { _ in
                LineLogHandler(.text, now: { now }) { line in lines.withLock { $0.append(line) } }
            }
            let hub = Hub(store: store, authenticator: nil, configuration: .unlimited, log: log) { now }
            let commits = Task { await hub.run() }
            let device = Device(hub)
            try await device.joins(as: "anna", protocolVersion: 2)
            store.appendsAreHeld.withLock { $0 = true }
            store.error.withLock { $0 = failure }
            for number in 0..<5 { device.sends("\(number)", from: "anna", to: "bob") }
            device.leaves()
            store.appendsAreHeld.withLock { $0 = false }
            await hub.flush()
            hub.finish()
            await commits.value
            let metrics = hub.metrics.current
            #expect(metrics.stored == (failure == nil ? 5 : 0))
            #expect(code.map { metrics.refusedMessages[$0] } ?? 5 == 5)
            let words = failure == nil ? "Сообщение сохранено" : "Ошибка сохранения сообщения"
            #expect(lines.withLock { $0 }.count { $0.contains(words) } == 5)
        }
    }

    @Test("connections: accepted, open, ended and by whom; resumes") func connections() async throws {
        try await withHub { hub in
            let devices = (0..<3).map { _ in Device(hub) }
            #expect(hub.metrics.current.accepted == 3 && hub.metrics.current.connections == 3)
            let epoch = hub.store.epoch
            try await devices[0].joins(as: "anna", protocolVersion: 2, resume: .init(epoch: epoch, cursor: 0))
            try await devices[1].joins(as: "bob", protocolVersion: 2, resume: .init(epoch: "other", cursor: 0))
            try await devices[0].hears(1, "resume_complete")
            try await devices[1].hears(1, "resync_required")
            #expect(hub.metrics.current.resumes[.resumed] == 1 && hub.metrics.current.resumes[.resync] == 1)
            for device in devices { device.leaves() }
            #expect(hub.metrics.current.connections == 0 && hub.metrics.current.ended[.client] == 3)
            for end in ConnectionEnd.allCases { Device(hub).leaves(end) }
            let metrics = hub.metrics.current
            for end in ConnectionEnd.allCases { #expect(metrics.ended[end] == (end == .client ? 4 : 1)) }
            let limits: [Metrics.Limit] = [.authTime, .frameBytes, .outboundBytes]
            for limit in limits { #expect(metrics.limitsHit[limit] == 1) }
            #expect(metrics.limitsHit.total == 3)
        }
    }

    @Test("limits of bytes and connections") func limits() async throws {
        let configuration = Hub.Configuration.with {
            $0.byteRate = Rate(burst: 500, perSecond: 1)
            $0.connectionsPerUser = 1
        }
        try await withHub(MemoryStore(), configuration) { hub in
            let (anna, second) = (Device(hub), Device(hub))
            try await anna.joins(as: "anna", protocolVersion: 2)
            second.says(.auth(.init(user: user("anna"))))
            try await wait { second.closedWith == 4029 }
            #expect(hub.metrics.current.limitsHit[.userConnections] == 1)
            #expect(hub.metrics.current.refusedConnections[.userConnections] == 1)
            anna.sends(String(repeating: "x", count: 500), from: "anna", to: "bob")
            try await anna.hears(1, "error")
            #expect(hub.metrics.current.limitsHit[.bytes] == 1 && hub.metrics.current.limitsHit[.flood] == 0)
            anna.says(String(repeating: "x", count: 500))
            #expect(hub.metrics.current.limitsHit[.flood] == 1)
        }
    }

    @Test("refused at the upgrade") func upgrades() {
        let hub = Self.hub()
        func routes(_ limits: AddressLimits) -> Routes {
            Routes(hub: hub, policy: AccessPolicy(), addresses: AddressLimiter(limits))
        }
        let (few, slow) = (routes(.init(connections: 1)), routes(.init(handshakes: 1)))
        few.opened(from: "a")
        _ = few.refusal(ofUpgrade: Self.get("/", address: "a"))
        for _ in 0..<2 { _ = slow.refusal(ofUpgrade: Self.get("/", address: "a")) }
        _ = slow.refusal(ofUpgrade: Self.get("/", isLocal: false))
        let metrics = hub.metrics.current
        for refusal: ConnectionRefusal in [.addressConnections, .addressHandshakes, .forbidden] {
            #expect(metrics.refusedConnections[refusal] == 1)
        }
        #expect(metrics.limitsHit[.addressConnections] == 1 && metrics.limitsHit[.addressHandshakes] == 1)
        #expect(metrics.accepted == 0)
    }

    @Test("refused for the token") func tokens() async throws {
        let hub = Self.hub(PlainTokens())
        let (bad, other) = (Device(hub), Device(hub))
        bad.says(.auth(.init(user: anna, token: "nonsense")))
        other.says(.auth(.init(user: anna, token: "bob until 9999999999")))
        try await wait { bad.closedWith != nil && other.closedWith != nil }
        let refused = hub.metrics.current.refusedConnections
        #expect(refused[.notAuthorized] == 1 && refused[.anotherUser] == 1 && refused.total == 2)
    }

    // MARK: - The page

    @Test("the page has every metric with help, type and current value", arguments: ["", Routes.prefix])
    func page(_ prefix: String) async throws {
        let hub = Self.hub()  // it does not run, so events wait
        let anna = Device(hub)
        try await anna.joins(as: "anna", protocolVersion: 2)
        for _ in 0..<3 { anna.sends("1", from: "anna", to: "bob") }
        for other in ["bob", "carl"] { anna.says(.block(user(other))) }
        let routes = Routes(hub: hub, policy: AccessPolicy(), version: "1.2.3", figures: { Self.figures })
        let answer = await routes.respond(to: Self.get(prefix + "/metrics"))
        #expect(answer.status == 200 && answer.contentType == "text/plain; version=0.0.4; charset=utf-8")
        let page = try ParsedExposition(answer.body)
        let expected: [String: Double] = [
            #"chat_server_build_info{version="1.2.3"}"#: 1, "chat_server_uptime_seconds": 0,
            "chat_server_connections": 1, "chat_server_connections_authorized": 1,
            "chat_server_connections_accepted_total": 1, "chat_server_commit_queue": 3,
            "chat_server_receipt_queue": 2, "chat_server_outbound_bytes": 4711,
            "chat_server_sockets": 5, "chat_server_sockets_limit": 900, "chat_server_sockets_opening": 1,
            #"chat_server_sockets_refused_total{limit="sockets"}"#: 2,
            #"chat_server_http_answers_total{status="200"}"#: 3, "chat_server_http_answer_bytes_total": 999,
            "process_resident_memory_bytes": 4096, "process_open_fds": 20, "process_max_fds": 1024,
            "chat_server_log_lines_dropped_total": 6,
            #"chat_server_connections_ended_total{reason="no_pong"}"#: 0,
            #"chat_server_connections_refused_total{reason="address_handshakes"}"#: 0,
            #"chat_server_resumes_total{outcome="resync"}"#: 0,
            #"chat_server_limits_hit_total{limit="auth_time"}"#: 0,
            "chat_server_messages_stored_total": 0, "chat_server_messages_delivered_total": 0,
            #"chat_server_messages_refused_total{reason="rate_limited"}"#: 0,
            #"chat_server_errors_total{code="invalid_event"}"#: 0,
            "chat_server_commit_seconds_count": 0, "chat_server_delivery_seconds_count": 0,
        ]
        for (name, value) in expected { #expect(page.samples[name] == value, "\(name)") }
        #expect(!answer.body.contains("anna"))
        #expect(page.types.count == 28)
        #expect(page.types.keys.allSatisfy { $0.hasPrefix("chat_server_") || $0.hasPrefix("process_") })
    }

    private static let figures = {
        var figures = ServerFigures()
        (figures.outboundBytes, figures.sockets, figures.maxSockets) = (4711, 5, 900)
        (figures.openingSockets, figures.refusedSockets) = (1, ["sockets": 2])
        (figures.httpAnswers, figures.httpAnswerBytes) = ([200: 3, 429: 1], 999)
        (figures.residentBytes, figures.openDescriptors, figures.maxDescriptors) = (4096, 20, 1024)
        figures.droppedLogLines = 6
        return figures
    }()

    @Test("every program on this machine may read them, even with required tokens; others need a token")
    func readers() async throws {
        let open = Routes(hub: Self.hub(), policy: AccessPolicy())
        let closed = Routes(hub: Self.hub(PlainTokens()), policy: AccessPolicy(allowsRemote: true))
        func status(_ routes: Routes, _ request: Routes.Request) async -> Int {
            await routes.respond(to: request).status
        }
        for routes in [open, closed] {
            #expect(await status(routes, Self.get("/metrics")) == 200)
            #expect(await status(routes, .init(method: "HEAD", path: "/metrics", host: "[::1]:1")) == 200)
            #expect(await status(routes, .init(method: "POST", path: "/metrics", host: "localhost")) == 404)
            #expect(await status(routes, Self.get("/metrics/x")) == 404)
            #expect(await status(routes, .init(method: "GET", path: "/metrics", origin: "https://evil.example")) == 403)
        }
        #expect(await status(open, Self.get("/metrics", isLocal: false)) == 403)
        #expect(await status(closed, Self.get("/metrics", isLocal: false)) == 401)
        #expect(await status(closed, Self.get("/metrics", host: "rebound.example")) == 401)
        // A web page that may connect does not count as a program on this machine.
        let shop = "https://shop.example"
        let paged = Routes(
            hub: Self.hub(PlainTokens()), policy: AccessPolicy(allowedOrigins: [try #require(WebOrigin(shop))]))
        #expect(await status(paged, .init(method: "GET", path: "/metrics", origin: shop, host: "localhost")) == 401)
        var scraper = Self.get("/metrics", isLocal: false)
        scraper.bearer = "nonsense"
        #expect(await status(closed, scraper) == 401)
        scraper.bearer = "bob until 9999999999"
        #expect(await status(closed, scraper) == 200)
    }

    private static func hub(_ authenticator: (any Authenticator)? = nil) -> Hub {
        Hub(
            store: MemoryStore(), authenticator: authenticator, configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { now }
    }

    private static func get(
        _ path: String, host: String = "localhost:1", isLocal: Bool = true, address: String? = nil
    ) -> Routes.Request {
        .init(method: "GET", path: path, host: host, isLocal: isLocal, address: address)
    }
}

/// Parses a page as Prometheus does, but more strictly: every family begins with its help and type, followed by its
/// samples.
private struct ParsedExposition {
    var types: [String: String] = [:]
    var samples: [String: Double] = [:]

    init(_ text: String) throws {
        try #require(text.hasSuffix("\n"))
        var (helped, family) = ("", "")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if let help = line.wholeMatch(of: /# HELP ([a-z_]+) (.+)/) {
                helped = String(help.1)
            } else if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/) {
                family = String(type.1)
                try #require(helped == family && types[family] == nil, "\(line)")
                types[family] = String(type.2)
                #expect(family.hasSuffix("_total") == (type.2 == "counter"), "\(line)")
            } else {
                try readSample(line, of: family)
            }
        }
        for family in types where family.value == "histogram" { try checkBuckets(of: family.key) }
    }

    private mutating func readSample(_ line: Substring, of family: String) throws {
        let name = /[a-z_]+/
        let label = /[a-z_]+="(?:[^"\\]|\\["\\n])*"/
        let words = line.split(separator: " ")
        try #require(words.count == 2, "\(line)")
        let rest = words[0].drop { $0 != "{" }
        let base = words[0].dropLast(rest.count)
        try #require(base.wholeMatch(of: name) != nil, "\(line)")
        let suffixes = types[family] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        try #require(suffixes.contains { base == family + $0 }, "\(line) does not belong to \(family)")
        let labels = rest.dropFirst().dropLast().split(separator: ",")
        try #require(
            rest.isEmpty || rest.last == "}" && labels.allSatisfy { $0.wholeMatch(of: label) != nil }, "\(line)")
        try #require(samples[String(words[0])] == nil, "\(line) comes twice")
        let value: Double = try #require(Double(words[1]), "\(line)")
        samples[String(words[0])] = value
    }

    private func checkBuckets(of family: String) throws {
        let buckets = samples.filter { $0.key.hasPrefix(family + "_bucket") }.map { sample in
            let limit = sample.key.split(separator: "\"")[1]
            return (limit == "+Inf" ? Double.infinity : Double(limit) ?? .nan, sample.value)
        }.sorted { $0.0 < $1.0 }
        #expect(buckets.count == Histogram.limits.count + 1 && buckets.last?.0 == .infinity)
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.1 <= $1.1 })
        #expect(buckets.last?.1 == samples[family + "_count"] && samples[family + "_sum"] != nil)
    }
}
