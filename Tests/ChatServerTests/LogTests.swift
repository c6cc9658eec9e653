import ChatWire
import Foundation
import Logging
import Synchronization
import Testing

@testable import ChatServer

@Suite("The log")
struct LogTests {
    /// The worst that user ids, reasons and metadata may contain.
    static let corpus = [
        "a\u{1B}[2Jb", "a\nb 2023 info forged", "\r\n{\"level\":\"error\"}", "\u{9B}31m", "\u{0}", "\u{7F}",
        "\u{202E}x",
        "\u{2028}", "\u{85}", "\"},{\"", "\\", "\\u001b[0m", "%s%n", "x] y", "\t",
    ]

    @Test("text: time, level, metadata, message") func text() {
        let line = LogFormat.text.line(
            time: now, level: .info, message: "WebSocket: Пользователь авторизован: alice",
            metadata: ["connection": "7", "a": "b"])
        #expect(line == "2023-11-14T22:13:20.000Z info [a=b connection=7] WebSocket: Пользователь авторизован: alice")
        #expect(LogFormat.text.line(time: now, level: .warning, message: "x") == "2023-11-14T22:13:20.000Z warning x")
    }

    @Test("json: an object with strings, its own names first") func json() {
        let line = LogFormat.json.line(
            time: now, level: .info, message: #"say "a\b""#, metadata: ["connection": "7", "level": "forged"])
        #expect(
            line
                == #"{"time":"2023-11-14T22:13:20.000Z","level":"info","message":"say \"a\\b\"","connection":"7"}"#)
    }

    @Test("an error that comes with an entry is in its metadata", arguments: LogFormat.allCases)
    func error(_ format: LogFormat) {
        let lines = Mutex<[String]>([])
        let log = Logger(label: "test") { _ in
            LineLogHandler(format, now: { now }) { line in lines.withLock { $0.append(line) } }
        }
        log.warning("x", error: StoreError.full, metadata: ["connection": "7"])
        let expected =
            switch format {
            case .text: "2023-11-14T22:13:20.000Z warning [connection=7 error=\"\(StoreError.full)\"] x\n"
            case .json:
                #"{"time":"2023-11-14T22:13:20.000Z","level":"warning","message":"x","connection":"7","error":"#
                    + "\"\(StoreError.full)\"}\n"
            }
        #expect(lines.withLock { $0 } == [expected])
    }

    @Test("whatever the entry contains, it is one line that cannot be mistaken for another", arguments: corpus)
    func hostile(_ text: String) throws {
        for format in LogFormat.allCases {
            let line = format.line(
                time: now, level: .info, message: text, metadata: ["connection": "7", "\(text)": "\(text)"])
            #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
            #expect(!line.contains { $0.isNewline } && !line.unicodeScalars.contains("\u{202E}"))
        }
        let line = LogFormat.json.line(
            time: now, level: .info, message: text, metadata: ["connection": "7", "\(text)": "\(text)"])
        let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(object["level"] == "info" && object["connection"] == "7" && object.count == 5)
        #expect(object["message"] == UntrustedText(text).displayed())
    }

    @Test("a connection's lines have its number, and contain neither text nor token at info")
    func connections() async throws {
        let lines = Mutex<[String]>([])
        var log = Logger(label: "test") { _ in
            LineLogHandler(.json, now: { now }) { line in lines.withLock { $0.append(line) } }
        }
        log.logLevel = .info
        let hub = Hub(store: MemoryStore(), authenticator: PlainTokens(), configuration: .unlimited, log: log) { now }
        let commits = Task { await hub.run() }
        let (bob, first, second) = ("b\u{202E}ob", Device(hub), Device(hub))
        first.says(.auth(.init(user: user("anna"), token: "anna until 9999999999")))
        second.says(.auth(.init(user: user("bad"), token: "secret secret secret")))
        try await first.hears(1, "auth_success")
        try await wait { second.closedWith == 4500 }
        first.sends("private words", from: "anna", to: bob)
        try await first.hears(1, "message_sent")
        // Refusals are logged only at debug, so that nobody can fill the log with them.
        first.says("private words")
        first.sends("private words", from: "bob", to: "anna")
        try await first.hears(2, "error")
        first.leaves()
        second.leaves()
        hub.finish()
        await commits.value
        let written = lines.withLock { $0 }
        #expect(written.allSatisfy { $0.hasSuffix("\n") && $0.contains(#""connection":""#) })
        let texts = written.joined()
        for secret in ["private", "words", "secret", "9999999999", "\u{202E}"] { #expect(!texts.contains(secret)) }
        func messages(of number: Int) throws -> [String] {
            try written.map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
                .filter { $0["connection"] == "\(number)" }.compactMap { $0["message"] }
        }
        #expect(
            try messages(of: 2) == [
                "WebSocket: Новое соединение установлено",
                "WebSocket: closing with 4500, not_authorized: no good",
                "WebSocket: Соединение закрыто без авторизации",
            ])
        let known = try messages(of: 1)
        #expect(known.contains("WebSocket: Пользователь авторизован: anna"))
        #expect(known.contains { $0.hasPrefix("WebSocket: Сообщение сохранено: {id: ") })
        #expect(known.contains("WebSocket: Получатель не онлайн: b\u{FFFD}ob"))
        #expect(!known.contains { $0.contains("refused") })
        #expect(known.last == "WebSocket: Пользователь отключен: anna")
    }

    @Test("a refusal contains the client's address and the user id that it claims") func refusals() async throws {
        let lines = Mutex<[String]>([])
        var log = Logger(label: "test") { _ in
            LineLogHandler(.text, now: { now }) { line in lines.withLock { $0.append(line) } }
        }
        log.logLevel = .debug
        let hub = Hub(store: MemoryStore(), authenticator: PlainTokens(), configuration: .unlimited, log: log) { now }
        let device = Device(hub, address: "192.0.2.1")
        device.says("{}")
        device.says(.auth(.init(user: user("mallory x=1"), token: "secret")))
        try await wait { device.closedWith == 4500 }
        let cut = hub.connect(device, address: "behind unix")
        cut.closed(.tooBig)
        let routes = Routes(
            hub: hub, policy: AccessPolicy(), addresses: AddressLimiter(AddressLimits(connections: 0)))
        let request = Routes.Request(
            method: "GET", path: "/messages", query: [("userId", "anna"), ("otherUserId", "bob")], isLocal: false,
            address: "198.51.100.1", peer: "198.51.100.1")
        #expect(await routes.respond(to: request).status == 403)
        #expect(routes.refusal(ofUpgrade: request)?.status == 429)
        let told = lines.withLock { $0 }.map { String($0.dropFirst(25).dropLast()) }
        for line in [
            "debug [address=192.0.2.1 connection=1] WebSocket: refused an event",
            #"info [address=192.0.2.1 connection=1 user="mallory x=1"] WebSocket: closing with 4500, not_authorized"#,
            #"debug [address="behind unix" connection=2] WebSocket: ended: too_big"#,
            "debug [address=198.51.100.1 user=anna] HTTP: refused with 403: GET /messages",
            "debug [address=198.51.100.1 user=anna] HTTP: refused with 429: GET /messages",
        ] {
            #expect(told.contains { $0.hasPrefix(line) }, "\(line) in \(told)")
        }
    }
}
