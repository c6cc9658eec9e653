import NIOCore

/// Throws away what still comes on a connection that has had its last answer, and ends it if that is much.
final class FarewellGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var left: Int

    /// - Parameter most: How many bytes may still come: about what may be on its way.
    init(most: Int) { left = most }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        left -= unwrapInboundIn(data).readableBytes
        if left < 0 { reset(context.channel) }
    }
}
