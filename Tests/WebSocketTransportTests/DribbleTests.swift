import NIOCore
import NIOPosix
import Testing

@testable import WebSocketTransport

/// Peers on real sockets that send a byte now and then, of something that never ends.
@Suite(.timeLimit(.minutes(1)))
struct DribbleTests {
    private static let heartbeat = Heartbeat.Settings(interval: .milliseconds(100), patience: .milliseconds(500))

    /// A server that answers a request with `beginning`, then with `step` bytes every 20 ms.
    private final class Dribbler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let beginning: @Sendable (_ request: String) -> [UInt8]
        private let step: Int
        private var hasBegun = false
        private var task: RepeatedTask?

        init(beginning: @escaping @Sendable (String) -> [UInt8], step: Int) {
            self.beginning = beginning
            self.step = step
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasBegun else { return }
            hasBegun = true
            let (channel, step) = (context.channel, step)
            let answer = beginning(String(buffer: unwrapInboundIn(data)))
            channel.writeAndFlush(ByteBuffer(bytes: answer), promise: nil)
            task = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { _ in
                channel.writeAndFlush(ByteBuffer(repeating: 0x20, count: step), promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { task?.cancel() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private func withDribbler(
        beginning: @escaping @Sendable (_ request: String) -> [UInt8], step: Int = 1, _ body: (Int) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Dribbler(beginning: beginning, step: step))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        try await body(try #require(server.localAddress?.port))
        try await server.close()
    }

    @Test func aServerGivesUpWhoDribbles() async throws {
        let application = TestApplication()
        try await withServer(application, heartbeat: Self.heartbeat) { _, port in
            let client = try await RawClient(port: port)
            try await client.upgrade()
            try await client.send([0x82, 0xFE, 0xF0, 0, 1, 2, 3, 4])
            while application.first?.closure == nil {
                try? await client.send([0])  // the server may have closed it in between
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(application.first?.closure == .noPong)
        }
    }

    /// A message arrives at 15 kB/s, so its end comes later than the heartbeat's `patience`.
    @Test func aServerWaitsForASlowFrame() async throws {
        let application = TestApplication(echoes: false)
        let heartbeat = Heartbeat.Settings(interval: .milliseconds(100), patience: .seconds(2))
        try await withServer(application, heartbeat: heartbeat) { _, port in
            let client = try await RawClient(port: port)
            try await client.upgrade()
            var frame = Wire.frame(0x82, Array(repeating: 7, count: 40_000))[...]
            while !frame.isEmpty {
                try await client.send(Array(frame.prefix(300)))
                frame = frame.dropFirst(300)
                try await Task.sleep(for: .milliseconds(20))
            }
            try await eventually("the message") { application.first?.events.count == 2 }
            #expect(application.first?.closure == nil)
        }
    }

    @Test func aClientGivesUpAServerThatDribbles() async throws {
        try await withDribbler(beginning: Self.upgradeAndLongFrame) { port in
            let transcript = Transcript()
            let client = WebSocketClient(group: testGroup, heartbeat: Self.heartbeat)
            _ = try await client.connect(to: .tcp(host: "127.0.0.1", port: port, tls: false)) { Recorder(transcript) }
            try await eventually("the end") { transcript.closure != nil }
            #expect(transcript.closure == .noPong)
        }
    }

    @Sendable private static func upgradeAndLongFrame(_ request: String) -> [UInt8] {
        let lines = request.split(separator: "\r\n")
        let key = lines.first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst("Sec-WebSocket-Key: ".count) ?? ""
        let answer = """
            HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: \(OpeningHandshake.accept(for: String(key)))\r\n\r\n
            """
        return Array(answer.utf8) + [0x82, 126, 0xF0, 0]
    }

    /// A body that dribbles is given up. A slow one is not.
    @Test(arguments: [(1, false), (300, true)])
    func anAnswerMayBeSlowButNotDribble(step: Int, arrives: Bool) async throws {
        let limits = WebSocketLimits.with { $0.handshakeTime = .milliseconds(500) }
        let client = WebSocketClient(group: testGroup, limits: limits)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"
        try await withDribbler(beginning: { _ in Array(head.utf8) }, step: step) { port in
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port, tls: false)
            if arrives {
                let answer = try await client.get(endpoint, target: "/")
                #expect(answer.body.count == 10_000)
            } else {
                await #expect(throws: ConnectError.timedOut) { try await client.get(endpoint, target: "/") }
            }
        }
    }
}
