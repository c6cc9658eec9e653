import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import WebSocketTransport

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
    /// A server that answers the first bytes with what `answer` says, and keeps what it read.
    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let requests: Requests
        private let answer: [UInt8]?
        private var text = ""

        init(_ requests: Requests, _ answer: [UInt8]?) { (self.requests, self.answer) = (requests, answer) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let end = text.range(of: "\r\n\r\n") else { return }
            let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: " ")[1]) }
            guard text[end.upperBound...].utf8.count >= length ?? 0 else { return }
            requests.append(text)
            text = ""
            if let answer { context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class Requests: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock(\.self) }
        func append(_ request: String) { list.withLock { $0.append(request) } }
    }

    private func withResponder(
        _ answer: String?, _ body: (Endpoint, Requests) async throws -> Void
    ) async throws {
        let requests = Requests()
        let bytes = answer.map { Array($0.utf8) }
        let server = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Responder(requests, bytes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        try await body(.tcp(host: "127.0.0.1", port: port, tls: false), requests)
        try await server.close()
    }

    private func client(_ time: Duration = .seconds(10)) -> HTTPClient { HTTPClient(group: testGroup, time: time) }

    @Test func sendsABody() async throws {
        try await withResponder("HTTP/1.1 422 X\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\n{}") {
            endpoint, requests in
            let request = HTTPClient.Request(
                method: "POST", target: "/a?b=c", hostHeader: "shop.example", headers: ["apikey": "k"],
                body: Array(#"{"x":"ж"}"#.utf8))
            let response = try await client().send(request, to: endpoint)
            #expect(response.status == 422)
            #expect(response.headers["retry-after"] == "5")
            #expect(response.body == Array("{}".utf8))
            let lines = try #require(requests.all.first).split(separator: "\r\n")
            #expect(lines.first == "POST /a?b=c HTTP/1.1")
            #expect(
                lines.dropFirst().dropLast().map { $0.lowercased() }.sorted() == [
                    "apikey: k", "connection: close", "content-length: 10", "host: shop.example",
                ])
            #expect(lines.last == #"{"x":"ж"}"#)
        }
    }

    @Test func sendsNoBody() async throws {
        try await withResponder("HTTP/1.1 204 No Content\r\n\r\n") { endpoint, requests in
            let answer1 = try await client().send(HTTPClient.Request(), to: endpoint)
            #expect(answer1.status == 204)
            let post = HTTPClient.Request(method: "POST", body: [])
            let answer2 = try await client().send(post, to: endpoint)
            #expect(answer2.status == 204)
            #expect(!requests.all[0].lowercased().contains("content-length"))
            #expect(requests.all[1].lowercased().contains("content-length: 0"))
        }
    }

    /// A password must not go where another server says.
    @Test func followsNoRedirects() async throws {
        let answer = "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        try await withResponder(answer) { endpoint, requests in
            let answer3 = try await client().send(HTTPClient.Request(), to: endpoint)
            #expect(answer3.status == 307)
            #expect(requests.all.count == 1)
        }
    }

    @Test func limitsTheAnswer() async throws {
        let request = HTTPClient.Request(maxAnswerBytes: 1000)
        let body = String(repeating: "x", count: 1000)
        try await withResponder("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\(body)") { endpoint, _ in
            let answer4 = try await client().send(request, to: endpoint)
            #expect(answer4.body.count == 1000)
        }
        for head in ["Content-Length: 1001\r\n\r\n", "\r\n", "Content-Length: 99999999999\r\n\r\n"] {
            try await withResponder("HTTP/1.1 200 OK\r\n\(head)\(body)y") { endpoint, _ in
                await #expect(throws: ConnectError.badResponse("the answer is longer than 1000 bytes")) {
                    _ = try await client().send(request, to: endpoint)
                }
            }
        }
        try await withResponder("HTTP/1.1 200 OK\r\nA: \(String(repeating: "x", count: 100_000))\r\n\r\n") {
            endpoint, _ in
            await #expect(throws: ConnectError.badResponse("this is not HTTP")) {
                _ = try await client().send(request, to: endpoint)
            }
        }
    }

    @Test(
        arguments: [
            nil, "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxxx",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] as [String?]) func limitsTheTime(answer: String?) async throws
    {
        try await withResponder(answer) { endpoint, _ in
            let begin = ContinuousClock.now
            await #expect(throws: ConnectError.timedOut) {
                _ = try await client(.milliseconds(200)).send(HTTPClient.Request(), to: endpoint)
            }
            #expect(.now - begin < .seconds(5))
        }
    }

    @Test(arguments: ["hello\r\n\r\n", "SSH-2.0-x\r\n", "\u{0}\u{1}\u{2}"]) func isNotHTTP(answer: String) async throws
    {
        try await withResponder(answer) { endpoint, _ in
            await #expect(throws: ConnectError.badResponse("this is not HTTP")) {
                _ = try await client().send(HTTPClient.Request(), to: endpoint)
            }
        }
    }

    @Test func nobodyIsThere() async throws {
        await #expect(throws: ConnectError.unreachable(.refused)) {
            _ = try await client().send(HTTPClient.Request(), to: .tcp(host: "127.0.0.1", port: 1, tls: false))
        }
    }

    /// A line break in a target would begin another request.
    @Test(arguments: ["/a b", "/a\r\nX: y", "/\u{0}"]) func refusesABadTarget(target: String) async throws {
        await #expect(throws: ConnectError.self) {
            _ = try await client().send(
                HTTPClient.Request(target: target), to: .tcp(host: "127.0.0.1", port: 1, tls: false))
        }
    }

    @Test func overTLS() async throws {
        let folder = try TemporaryFolder()
        let authority = try folder.write("authority.pem", TestCertificates.authority)
        let key = try folder.write("key.pem", TestCertificates.key)
        let tls = try ServerTLS(
            certificateFile: folder.write("server.pem", TestCertificates.localhost), keyFile: key)
        try await withServer(tls: tls) { _, port in
            let endpoint = Endpoint.tcp(host: "localhost", port: port, tls: true)
            let request = HTTPClient.Request(target: "/big", maxAnswerBytes: 4 << 20)
            let trusting = HTTPClient(group: testGroup, tls: ClientTLS(additionalAuthorities: authority))
            let answer5 = try await trusting.send(request, to: endpoint)
            #expect(answer5.body.count == 3 << 20)
            await #expect(throws: ConnectError.certificate(.notTrusted)) {
                _ = try await client().send(request, to: endpoint)
            }
        }
    }
}
