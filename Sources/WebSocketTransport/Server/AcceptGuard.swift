import CLibrary
import NIOCore

/// Lets in as many as there is room for, at the accept, and keeps a listener alive, and the processor idle, while the system
/// cannot give it another connection.
///
/// A socket that is one too many is closed before anything is read of it. Its descriptor is free only when its own event loop
/// has got to it: if those pile up, accepting waits, so that what is kept for the database and the log is never touched.
/// And without a pause an accept that fails for want of descriptors would be tried again at once, for ever.
final class AcceptGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// While the system is out of something.
    private static let longPause = TimeAmount.milliseconds(500)
    /// While sockets are being closed.
    private static let shortPause = TimeAmount.milliseconds(10)

    private let census: SocketCensus
    private let isTCP: Bool
    private let trustedProxies: TrustedProxies
    private let onNotice: @Sendable (ServerNotice) -> Void

    /// - Parameter isTCP: Whether it listens on an address, and not on a Unix socket.
    init(
        _ census: SocketCensus, isTCP: Bool, trustedProxies: TrustedProxies = TrustedProxies(),
        onNotice: @escaping @Sendable (ServerNotice) -> Void
    ) {
        self.census = census
        self.isTCP = isTCP
        self.trustedProxies = trustedProxies
        self.onNotice = onNotice
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let socket = unwrapInboundIn(data)
        if count(socket) { context.fireChannelRead(data) } else { socket.close(promise: nil) }
        if !census.hasRoom { pause(context.channel, for: Self.shortPause) }
    }

    /// Before anything is read of it: a socket costs a file whatever comes, and a handshake of TLS costs most.
    private func count(_ socket: any Channel) -> Bool {
        let sender = socket.remoteAddress?.ipAddress
        if isTCP, sender == nil { return false }  // it is gone already, and must not pass for a local one
        let origin = SocketOrigin(sender, trusting: trustedProxies)
        let id = ObjectIdentifier(socket)
        let refusal = census.add(id, of: origin, now: .now)
        socket.closeFuture.whenComplete { [census] _ in census.remove(id) }
        if let refusal { onNotice(.socketRefused(sender.map(Peer.address) ?? .unix, refusal)) }
        return refusal == nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return }
        switch error.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            pause(context.channel, for: Self.longPause)
            onNotice(.acceptPaused(plainWords(error)))
        default: break  // a client that went away before it was accepted
        }
    }

    private func pause(_ listener: any Channel, for time: TimeAmount) {
        listener.setOption(.autoRead, value: false).assumeIsolated().whenComplete { _ in
            self.goOn(listener, after: time)
        }
    }

    private func goOn(_ listener: any Channel, after time: TimeAmount) {
        listener.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if !self.census.hasRoom { return self.goOn(listener, after: Self.shortPause) }
            _ = listener.setOption(.autoRead, value: true)
        }
    }
}
