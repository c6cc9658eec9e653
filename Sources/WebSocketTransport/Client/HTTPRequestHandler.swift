import NIOCore
import NIOHTTP1

/// Sends one request and collects its answer. A slow answer is fine as long as a useful amount of it keeps coming.
final class HTTPRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let body: [UInt8]
    private let bodyLimit: Int
    private let patience: TimeAmount
    private let promise: EventLoopPromise<HTTPResponse>
    private var response: HTTPResponse?
    private var silence: Scheduled<Void>?
    /// The bytes of the body since the deadline was last moved.
    private var bytesSinceWait = 0

    /// - Parameter patience: How long the server may send nothing, or only a dribble, before the attempt fails.
    init(
        request: HTTPRequestHead, body: [UInt8] = [], bodyLimit: Int, patience: TimeAmount,
        promise: EventLoopPromise<HTTPResponse>
    ) {
        self.request = request
        self.body = body
        self.bodyLimit = bodyLimit
        self.patience = patience
        self.promise = promise
    }

    private func waitForMore(_ context: ChannelHandlerContext) {
        silence?.cancel()
        bytesSinceWait = 0
        silence = context.eventLoop.scheduleTask(in: patience) { [promise] in promise.fail(ConnectError.timedOut) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        silence?.cancel()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        waitForMore(context)
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            waitForMore(context)
            response = HTTPResponse(status: Int(head.status.code), headers: HTTPHeaderFields(head.headers))
        case .body(let bytes):
            if (response?.body.count ?? 0) + bytes.readableBytes > bodyLimit {
                return promise.fail(ConnectError.badResponse("the answer is longer than \(bodyLimit) bytes"))
            }
            response?.body += bytes.readableBytesView
            bytesSinceWait += bytes.readableBytes
            if bytesSinceWait >= Heartbeat.usefulBytes { waitForMore(context) }
        case .end:
            if let response { promise.succeed(response) }
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // If the answer is complete, the promise is fulfilled already, and failing it has no effect.
        let isCut = response != nil
        promise.fail(
            isCut ? ConnectError.unreachable(.other("the server closed the connection within its answer")) : .unanswered
        )
        context.fireChannelInactive()
    }
}
