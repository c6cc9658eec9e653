import Synchronization
import WebSocketTransport

/// Lets `/metrics`, which the transport serves, look at the transport.
final class OutboundGauge: Sendable {
    private let server = Mutex<WebSocketServer?>(nil)

    func watch(_ server: WebSocketServer) { self.server.withLock { $0 = server } }

    /// How many bytes wait for slow clients.
    var bytes: Int {
        get async { await server.withLock { $0 }?.outboundBytes() ?? 0 }
    }
}
