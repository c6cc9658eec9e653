import NIOCore
import NIOHTTP1

/// Sends one request and collects its answer.
final class HTTPGetHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let bodyLimit: Int
    private let promise: EventLoopPromise<HTTPResponse>
    private var response: HTTPResponse?

    init(request: HTTPRequestHead, bodyLimit: Int, promise: EventLoopPromise<HTTPResponse>) {
        self.request = request
        self.bodyLimit = bodyLimit
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            response = HTTPResponse(status: Int(head.status.code), headers: HTTPHeaderFields(head.headers))
        case .body(let bytes):
            if (response?.body.count ?? 0) + bytes.readableBytes > bodyLimit {
                return promise.fail(ConnectError.badResponse("the answer is longer than \(bodyLimit) bytes"))
            }
            response?.body += bytes.readableBytesView
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
        // Nothing, where the answer was complete.
        promise.fail(ConnectError.unreachable("the server closed the connection before its answer was complete"))
        context.fireChannelInactive()
    }
}
