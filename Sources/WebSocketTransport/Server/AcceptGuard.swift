import CLibrary
import NIOCore

/// Limits the sockets that a listener accepts. It also pauses the listener while the system cannot provide another
/// connection.
///
/// A socket beyond the limits is closed before anything is read from it. Its descriptor is released later, by its own
/// event loop. If such sockets pile up, accepting pauses, so that the descriptors reserved for the database and the log
/// are never used. Without a pause, an accept that fails for want of descriptors would be retried at once, forever.
final class AcceptGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// The pause while the system lacks a resource.
    private static let longPause = TimeAmount.milliseconds(500)
    /// The pause while refused sockets are being closed.
    private static let shortPause = TimeAmount.milliseconds(10)

    private let limiter: SocketLimiter
    private let isTCP: Bool
    private let trustedProxies: TrustedProxies
    private let onNotice: @Sendable (ServerNotice) -> Void

    /// - Parameter isTCP: False for a Unix socket.
    init(
        _ limiter: SocketLimiter, isTCP: Bool, trustedProxies: TrustedProxies = TrustedProxies(),
        onNotice: @escaping @Sendable (ServerNotice) -> Void
    ) {
        self.limiter = limiter
        self.isTCP = isTCP
        self.trustedProxies = trustedProxies
        self.onNotice = onNotice
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let socket = unwrapInboundIn(data)
        if count(socket) { context.fireChannelRead(data) } else { socket.close(promise: nil) }
        if !limiter.hasRoom { pause(context.channel, for: Self.shortPause) }
    }

    /// Counts the socket before anything is read from it: every socket costs a descriptor, and a TLS handshake costs
    /// most.
    private func count(_ socket: any Channel) -> Bool {
        let sender = socket.remoteAddress?.ipAddress
        if isTCP, sender == nil { return false }  // it is gone already, and must not pass for a local one
        let origin = SocketOrigin(sender, trusting: trustedProxies)
        let id = ObjectIdentifier(socket)
        let refusal = limiter.add(id, of: origin, now: .now)
        socket.closeFuture.whenComplete { [limiter] _ in limiter.remove(id) }
        if let refusal { onNotice(.socketRefused(sender.map(Peer.address) ?? .unix, refusal)) }
        return refusal == nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return }
        switch error.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            pause(context.channel, for: Self.longPause)
            onNotice(.acceptPaused(plainWords(error)))
        default: break  // the client went away before it was accepted
        }
    }

    private func pause(_ listener: any Channel, for time: TimeAmount) {
        listener.setOption(.autoRead, value: false).assumeIsolated().whenComplete { _ in
            self.goOn(listener, after: time)
        }
    }

    private func goOn(_ listener: any Channel, after time: TimeAmount) {
        listener.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if !self.limiter.hasRoom { return self.goOn(listener, after: Self.shortPause) }
            _ = listener.setOption(.autoRead, value: true)
        }
    }
}
