import NIOCore

/// Recognises a server that speaks TLS and was sent plain HTTP: its answer is a TLS alert (RFC 8446, section 5.1).
final class TLSAlertDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The content type of an alert. No HTTP answer begins with this byte.
    private static let alert: UInt8 = 21

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if bytes.readableBytesView.first == Self.alert {
            context.fireErrorCaught(ConnectError.onlyTLS)
        } else {
            context.fireChannelRead(data)
        }
        // Only the first bytes matter.
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
