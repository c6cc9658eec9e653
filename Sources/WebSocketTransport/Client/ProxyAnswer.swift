import NIOCore
import NIOHTTP1

/// Keeps what the proxy answered to `CONNECT`. NIO's handler of `CONNECT` does not hand on the status, and waits until
/// its deadline if the answer is not HTTP.
final class ProxyAnswer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private(set) var status: Int?
    private(set) var isHTTP = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { status = Int(head.status.code) }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError || error is NIOHTTPDecoderError { isHTTP = false }
        context.close(promise: nil)
    }
}
