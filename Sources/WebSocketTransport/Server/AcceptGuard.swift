import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Keeps a listener alive, and the processor idle, while the system cannot give it another connection.
///
/// Without it an accept that fails for want of file descriptors would be tried again at once, for ever.
final class AcceptGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(500)

    private let onNotice: @Sendable (ServerNotice) -> Void

    init(onNotice: @escaping @Sendable (ServerNotice) -> Void) { self.onNotice = onNotice }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return }
        switch error.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseAccepting(context, error)
        default: break  // a client that went away before it was accepted
        }
    }

    private func pauseAccepting(_ context: ChannelHandlerContext, _ error: IOError) {
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: Self.pause) { _ = channel.setOption(.autoRead, value: true) }
        }
        onNotice(.acceptPaused(plainWords(error)))
    }
}
