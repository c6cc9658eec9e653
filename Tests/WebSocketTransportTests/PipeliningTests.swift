import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import WebSocketTransport

/// Pipelined requests in one piece, while the first answer is being made.
@Suite(.timeLimit(.minutes(1)))
struct PipeliningTests {
    /// Makes no answer until it is allowed to.
    private final class Held: ServerApplication {
        private let (gate, opener) = AsyncStream<Void>.makeStream()
        let asked = Mutex(0)

        func open() { opener.finish() }

        func admit(_ request: HTTPRequest) -> Admission { .refuse(HTTPResponse(status: 403, text: "no")) }

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            asked.withLock { $0 += 1 }
            for await _ in gate {}
            return HTTPResponse(status: 200, text: "path \(request.path)")
        }
    }

    /// How many of the requests are answered, and whether the last answer says that the connection closes.
    private func exchange(requests: Int) async throws -> (answers: Int, asked: Int, isLast: Bool) {
        let application = Held()
        let channel = NIOAsyncTestingChannel()
        try await channel.testingEventLoop.executeInContext {
            let settings = ConnectionSettings(role: .server, limits: WebSocketLimits(), heartbeat: Heartbeat.Settings())
            let loop = ConnectionLoop(settings: settings, eventLoop: channel.eventLoop)
            let codec = HTTPServerCodec(limits: WebSocketLimits())
            try channel.pipeline.syncOperations.addHandlers([
                codec.encoder, codec.decoder,
                HTTPServerConnection(
                    application: application, loop: loop, trustedProxies: TrustedProxies(), codec: codec),
            ])
        }
        try await channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1))
        let text = (0..<requests).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
        try await channel.writeInbound(ByteBuffer(string: text))
        try await eventually("the first request") { application.asked.withLock { $0 } == 1 }
        application.open()
        var answers = ""
        let deadline = ContinuousClock.now + .seconds(20)
        func count() -> Int { answers.components(separatedBy: "HTTP/1.1 200").count - 1 }
        while count() < requests, !answers.contains("Connection: close"), .now < deadline {
            while let bytes = try await channel.readOutbound(as: ByteBuffer.self) { answers += String(buffer: bytes) }
            try await Task.sleep(for: .milliseconds(1))
        }
        while let bytes = try await channel.readOutbound(as: ByteBuffer.self) { answers += String(buffer: bytes) }
        let isLast = answers.contains("Connection: close")
        _ = try? await channel.finish()
        return (count(), application.asked.withLock { $0 }, isLast)
    }

    @Test func asManyAsAnybodySendsAheadAreAnswered() async throws {
        // Each request has a head and an end. The first one does not wait.
        let most = HTTPServerConnection.maxPipelined / 2 + 1
        #expect(try await exchange(requests: most) == (most, most, false))
    }

    /// Requests that wait in the server are discarded, and the client is told to connect again.
    @Test(arguments: [1, 1000]) func whoSendsMoreAheadGetsOneAnswer(more: Int) async throws {
        let most = HTTPServerConnection.maxPipelined / 2 + 1
        #expect(try await exchange(requests: most + more) == (1, 1, true))
    }
}
