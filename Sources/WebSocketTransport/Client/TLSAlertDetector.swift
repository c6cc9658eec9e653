import NIOCore

/// Recognises that a server to which plain HTTP was spoken speaks TLS: its answer is an alert (RFC 8446, section 5.1).
final class TLSAlertDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The content type of an alert. No answer of HTTP begins with it.
    private static let alert: UInt8 = 21

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if bytes.readableBytesView.first == Self.alert {
            context.fireErrorCaught(ConnectError.onlyTLS)
        } else {
            context.fireChannelRead(data)
        }
        // Only the first bytes tell.
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
