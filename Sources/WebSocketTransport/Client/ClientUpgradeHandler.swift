import NIOCore
import NIOHTTP1

/// The client's side of the opening handshake (RFC 6455, section 4.1). It sends the request, checks the answer, and
/// replaces itself with the WebSocket.
final class ClientUpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The most bytes of a refusal's body that are read.
    private static let refusalBytes = 16 * 1024

    private let request: HTTPRequestHead
    private let key: String
    private let codec: HTTPClientCodec
    private let loop: ConnectionLoop
    private let makeHandler: @Sendable () -> any WebSocketHandler
    private let promise: EventLoopPromise<WebSocket>
    /// An answer other than 101, as far as it has come.
    private var refusal: (status: Int, body: [UInt8])?
    private var isUpgrading = false
    /// Whether the attempt has ended without a WebSocket. TLS still has to be shut down before the channel closes, and
    /// what the server sends meanwhile still arrives here.
    private var hasFailed = false
    /// WebSocket bytes that arrived before the WebSocket was in place.
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
            // The rest of the body is not wanted, and it may be endless.
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

    /// Both handlers of the codec look at everything that is written, so they must be removed before the WebSocket is
    /// added. The decoder leaves after the present read, and passes on what the server sent after its answer.
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
        // This comes before the early bytes, because they may contain everything the server has to say, its Close frame
        // included.
        if let socket = connection.socket { promise.succeed(socket) }
        for bytes in early { context.fireChannelRead(bytes) }
        if !early.isEmpty { context.fireChannelReadComplete() }
        pipeline.removeHandler(context: context, promise: nil)
    }
}
