import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Serves HTTP/1.1 on 127.0.0.1, with TLS if it has a certificate.
final class HTTPServer: Sendable {
    /// How an answer goes out.
    enum Delivery: Sendable {
        case whole(Response, after: TimeAmount)
        /// Only the first bytes of the answer, and then the end of the connection.
        case part(Response, bytes: Int)
        /// One byte at a time, with a pause after each.
        case trickle(Response, pause: TimeAmount)
        /// These bytes in place of an answer, and then the end of the connection.
        case raw([UInt8])
        /// No answer. The connection stays open.
        case silence
        /// The end of the connection without an answer.
        case close
        /// The answer waits until it is released.
        case held(Response)
        /// Releases what is held, and then answers.
        case releasing(Response)
    }

    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var held: [(response: Response, handler: Handler.Answer)] = []
    }

    private let group: any EventLoopGroup
    private let tls: NIOSSLContext?
    private let answer: @Sendable (Request) -> Delivery
    private let state = Mutex(State())

    init(group: any EventLoopGroup, tls: NIOSSLContext?, answer: @escaping @Sendable (Request) -> Delivery) {
        self.group = group
        self.tls = tls
        self.answer = answer
    }

    /// Listens on `port`, or on a free one if it is 0, and gives the port.
    func listen(on port: Int) async throws -> Int {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: true, withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(Handler(server: self, channel: channel))
                    state.withLock { $0.connections[ObjectIdentifier(channel)] = channel }
                    channel.closeFuture.whenComplete { [self] _ in
                        state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(channel)) }
                    }
                }
            }
        let listener = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        state.withLock { $0.listener = listener }
        return listener.localAddress?.port ?? port
    }

    /// Stops listening and ends every connection.
    func close() async {
        let (listener, connections) = state.withLock { state in
            defer { state = State() }
            return (state.listener, Array(state.connections.values))
        }
        try? await listener?.close()
        for connection in connections { try? await connection.close() }
    }

    var held: Int { state.withLock { $0.held.count } }

    /// Sends the answers that were held.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for (response, answer) in held { answer.send(response) }
    }

    private func hold(_ response: Response, _ answer: Handler.Answer) {
        state.withLock { $0.held.append((response, answer)) }
    }

    /// One connection.
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        /// The largest body in bytes that the service reads; it says 413 to larger ones.
        private static let largestBody = 1 << 20

        private let server: HTTPServer
        private let channel: any Channel
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []
        private var isTooLarge = false

        init(server: HTTPServer, channel: any Channel) {
            self.server = server
            self.channel = channel
        }

        /// The place of one answer, usable on every thread.
        struct Answer: Sendable {
            let channel: any Channel
            let keepsAlive: Bool
            let omitsBody: Bool

            func send(_ response: Response) {
                var head = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: response.status),
                    headers: HTTPHeaders(response.headers))
                if response.status != 204 {
                    head.headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count))
                }
                if !keepsAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
                let parts: [HTTPServerResponsePart] =
                    [.head(head)]
                    + (omitsBody || response.body.isEmpty ? [] : [.body(.byteBuffer(ByteBuffer(bytes: response.body)))])
                for part in parts { channel.write(part, promise: nil) }
                let sent = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
                if !keepsAlive {
                    let channel = channel
                    sent.whenComplete { _ in channel.close(promise: nil) }
                }
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
                isTooLarge = false
            case .body(let bytes):
                if body.count + bytes.readableBytes > Self.largestBody {
                    isTooLarge = true
                } else {
                    body += bytes.readableBytesView
                }
            case .end:
                guard let head else { return }
                self.head = nil
                respond(to: head)
            }
        }

        private func respond(to head: HTTPRequestHead) {
            let answer = Answer(channel: channel, keepsAlive: head.isKeepAlive, omitsBody: head.method == .HEAD)
            if isTooLarge {
                answer.send(
                    .json(
                        [
                            "code": 413, "error_code": "request_entity_too_large",
                            "msg": "Request body too large (max \(Self.largestBody) bytes)",
                        ], status: 413))
                return
            }
            deliver(server.answer(Request(head: head, body: body)), by: answer)
        }

        private func deliver(_ delivery: Delivery, by answer: Answer) {
            let channel = channel
            switch delivery {
            case .whole(let response, let delay):
                if delay == .zero {
                    answer.send(response)
                } else {
                    channel.eventLoop.scheduleTask(in: delay) { answer.send(response) }
                }
            case .part(let response, let count): sendRaw(Array(response.bytes.prefix(count)))
            case .trickle(let response, let pause): trickle(response.bytes[...], pause: pause)
            case .raw(let bytes): sendRaw(bytes)
            case .silence: break
            case .close: channel.close(promise: nil)
            case .held(let response): server.hold(response, answer)
            case .releasing(let response):
                server.release()
                answer.send(response)
            }
        }

        /// Past the HTTP encoder, which would not let such answers through.
        private func sendRaw(_ bytes: [UInt8]) {
            guard let encoder = try? channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            else { return }
            let channel = channel
            encoder.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes))).whenComplete { _ in channel.close(promise: nil) }
        }

        private func trickle(_ bytes: ArraySlice<UInt8>, pause: TimeAmount) {
            guard channel.isActive, let first = bytes.first,
                let encoder = try? channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            else {
                channel.close(promise: nil)
                return
            }
            encoder.writeAndFlush(NIOAny(ByteBuffer(bytes: [first])), promise: nil)
            let next = NIOLoopBound(self, eventLoop: channel.eventLoop)
            channel.eventLoop.scheduleTask(in: pause) { next.value.trickle(bytes.dropFirst(), pause: pause) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension Response {
    /// The bytes of the whole answer, as HTTP/1.1 has them.
    fileprivate var bytes: [UInt8] {
        let fields = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
        return Array("HTTP/1.1 \(status) \(reason)\r\n\(fields)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }
}
