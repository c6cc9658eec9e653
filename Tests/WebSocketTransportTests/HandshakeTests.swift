import NIOCore
import Testing

@testable import WebSocketTransport

/// A server that answers the upgrade in any way the test wants.
@Suite(.timeLimit(.minutes(10)))
struct HandshakeTests {
    private let client = WebSocketClient(group: testGroup)

    private func connect(answer: @escaping @Sendable (String) -> [UInt8], _ transcript: Transcript) async throws {
        let server = try await ScriptedServer(answer: answer)
        do {
            _ = try await client.connect(to: .tcp(host: "127.0.0.1", port: server.port, tls: false)) {
                Recorder(transcript)
            }
            try await server.close()
        } catch {
            try await server.close()
            throw error
        }
    }

    private static func answer(
        to request: String, _ status: String = "101 Switching", upgrade: String = "websocket", accept: String? = nil,
        extra: String = ""
    ) -> [UInt8] {
        let key = request.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Sec-WebSocket-Key: ") }
        let right = OpeningHandshake.accept(for: String(key?.dropFirst(19) ?? ""))
        let lines = [
            "HTTP/1.1 \(status)", "UPGRADE: \(upgrade)", "connection: upgrade",
            "Sec-WebSocket-Accept: \(accept ?? right)",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\(extra)\r\n").utf8)
    }

    @Test func framesBehindTheAnswerAreReceived() async throws {
        let transcript = Transcript()
        try await connect(
            answer: { request in
                let frames = Wire.text("early", key: nil) + Wire.close(1001, key: nil)
                return Self.answer(to: request, upgrade: "WebSocket") + frames
            }, transcript)
        try await eventually("all is received") { transcript.closure != nil }
        #expect(transcript.events == [.opened, .text("early"), .closed(.byPeer(code: 1001, reason: ""))])
    }

    @Test func wrongAnswersAreRefused() async throws {
        typealias Answer = @Sendable (String) -> [UInt8]
        let answers: [Answer] = [
            { Self.answer(to: $0, accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") },
            { Self.answer(to: $0, extra: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") },
            { Self.answer(to: $0, upgrade: "h2c") },
            { Self.answer(to: $0, extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n") },
            { Self.answer(to: $0, extra: "Sec-WebSocket-Protocol: chat\r\n") },
        ]
        for answer in answers {
            let transcript = Transcript()
            do {
                try await connect(answer: answer, transcript)
                Issue.record("connected")
            } catch ConnectError.notAWebSocketServer {
            }
            #expect(transcript.events.isEmpty)
        }
    }

    @Test func otherAnswersSayWhatTheyAre() async throws {
        let answers: [(String, ConnectError)] = [
            ("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", .refused(status: 404, body: Array("no".utf8))),
            ("HTTP/1.1 301 There\r\nContent-Length: 0\r\n\r\n", .refused(status: 301, body: [])),
            ("SSH-2.0-nothing\r\n\r\n", .badResponse("this is not HTTP")),
            ("\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{28}", .onlyTLS),
        ]
        for (answer, error) in answers {
            await #expect(throws: error) { try await connect(answer: { _ in Array(answer.utf8) }, Transcript()) }
        }
    }

    /// Other programs speak first. Nothing of their words may be lost, or the reason that users are told is wrong.
    @Test(arguments: [false, true]) func aServerThatSpeaksFirstIsHeard(isEncrypted: Bool) async throws {
        let server = try await SilentListener(greeting: "SSH-2.0-nothing\r\n")
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: server.port, tls: isEncrypted)
        let client = WebSocketClient(group: testGroup, limits: .with { $0.handshakeTime = .seconds(10) })
        await withTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    for _ in 0..<10 {
                        await #expect(throws: isEncrypted ? ConnectError.notTLS : .badResponse("this is not HTTP")) {
                            _ = try await client.connect(to: endpoint) { Recorder(Transcript()) }
                        }
                    }
                }
            }
        }
        try await server.close()
    }

    /// An answer with an endless body is abandoned at once. The client does not read it for as long as it would wait
    /// for an answer.
    @Test(.timeLimit(.minutes(1)), arguments: ["", "Content-Length: 99999999\r\n"])
    func anAnswerWithoutAnEndIsLeft(_ length: String) async throws {
        let head = "HTTP/1.1 200 OK\r\n\(length)\r\n"
        let part = [UInt8](repeating: 0x78, count: 16 * 1024)
        let start = ContinuousClock.now
        await #expect(throws: ConnectError.refused(status: 200, body: part)) {
            try await connect(answer: { _ in Array(head.utf8) + part + part }, Transcript())
        }
        #expect(.now - start < .seconds(5))
    }

    @Test func chunkedAnswersAreJoined() async throws {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        let server = try await ScriptedServer { _ in Array(text.utf8) }
        let answer = try await client.get(.tcp(host: "127.0.0.1", port: server.port, tls: false))
        #expect(answer.body == Array("abcde".utf8))
        try await server.close()
    }

    @Test func aServerThatSpeaksTLSOnlyClosesWithoutAnAnswer() async throws {
        let server = try await ScriptedServer(closes: true) { _ in [] }
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: server.port, tls: false)
        await #expect(throws: ConnectError.unanswered) { _ = try await client.get(endpoint) }
        await #expect(throws: ConnectError.unanswered) {
            _ = try await client.connect(to: endpoint) { Recorder(Transcript()) }
        }
        try await server.close()
    }

    @Test func cutAnswersAreNoAnswers() async throws {
        let server = try await ScriptedServer(closes: true) { _ in
            Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)
        }
        await #expect(throws: ConnectError.self) {
            _ = try await client.get(.tcp(host: "127.0.0.1", port: server.port, tls: false))
        }
        try await server.close()
    }
}
