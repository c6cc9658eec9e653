import NIOCore

/// Discards what still arrives after the connection's last answer, and closes the connection if that is much.
final class LingeringClose: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var left: Int

    /// - Parameter most: The bytes that may still arrive: about as many as may be in flight.
    init(most: Int) { left = most }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        left -= unwrapInboundIn(data).readableBytes
        if left < 0 { reset(context.channel) }
    }
}
