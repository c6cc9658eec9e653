import NIOCore
import NIOHTTP1

/// The client's side of the opening handshake (RFC 6455, section 4.1): sends the request, checks the answer, and puts
/// the WebSocket in its own place.
final class ClientUpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The most that is read of a refusal's body.
    private static let refusalBytes = 16 * 1024

    private let request: HTTPRequestHead
    private let key: String
    private let codec: HTTPClientCodec
    private let loop: ConnectionLoop
    private let makeHandler: @Sendable () -> any WebSocketHandler
    private let promise: EventLoopPromise<WebSocket>
    /// The answer that is no upgrade, as far as it came.
    private var refusal: (status: Int, body: [UInt8])?
    private var isUpgrading = false
    /// The attempt has ended without a WebSocket. TLS says goodbye before the channel closes, and hands on meanwhile what
    /// the server still sends.
    private var hasFailed = false
    /// What the server sent as a WebSocket before there was one.
    private var early: [NIOAny] = []

    init(
        request: HTTPRequestHead, key: String, codec: HTTPClientCodec, loop: ConnectionLoop,
        makeHandler: @escaping @Sendable () -> any WebSocketHandler, promise: EventLoopPromise<WebSocket>
    ) {
        self.request = request
        self.key = key
        self.codec = codec
        self.loop = loop
        self.makeHandler = makeHandler
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        promise.futureResult.assumeIsolated().whenFailure { [weak self] _ in self?.hasFailed = true }
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if hasFailed { return }
        if isUpgrading { return early.append(data) }
        switch unwrapInboundIn(data) {
        case .head(let head) where head.status == .switchingProtocols:
            if let fault = OpeningHandshake.fault(in: head, key: key) { fail(.notAWebSocketServer(fault)) }
        case .head(let head):
            refusal = (Int(head.status.code), [])
        case .body(let bytes):
            let room = Self.refusalBytes - (refusal?.body.count ?? 0)
            refusal?.body += bytes.readableBytesView.prefix(room)
            // Nobody reads what is behind them, and there may be no end of it.
            if bytes.readableBytes >= room { endRefusal() }
        case .end:
            if refusal == nil { becomeWebSocket(context) } else { endRefusal() }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if refusal != nil { endRefusal() } else { fail(.unanswered) }
        context.fireChannelInactive()
    }

    /// Failing the promise also closes the channel.
    private func fail(_ error: ConnectError) { promise.fail(error) }

    private func endRefusal() {
        guard let refusal else { return }
        fail(.refused(status: refusal.status, body: refusal.body))
    }

    /// The codec's two handlers both look at what is written, so the WebSocket comes when they are gone. The decoder goes
    /// after the present read, and hands on what the server sent behind its answer.
    private func becomeWebSocket(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        isUpgrading = true
        let pipeline = context.pipeline.syncOperations
        pipeline.removeHandler(codec.encoder, promise: nil)
        let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
        pipeline.removeHandler(codec.decoder).assumeIsolated().whenComplete { _ in
            self.takePlace(of: boundContext.value)
        }
    }

    private func takePlace(of context: ChannelHandlerContext) {
        if hasFailed { return }
        let connection = WebSocketConnection(handler: makeHandler(), loop: loop)
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(connection, position: .after(self))
        } catch {
            return promise.fail(error)
        }
        // Before the early bytes: they may hold all that the server has to say, its Close frame included.
        if let socket = connection.socket { promise.succeed(socket) }
        for bytes in early { context.fireChannelRead(bytes) }
        if !early.isEmpty { context.fireChannelReadComplete() }
        pipeline.removeHandler(context: context, promise: nil)
    }
}
