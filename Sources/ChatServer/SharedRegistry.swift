import ChatWire
import Synchronization

/// Who is connected, for all threads; and the way of an event to a user's connections.
final class SharedRegistry: Sendable {
    private let registry = Mutex(Registry<Connection>())

    func withLock<Result>(_ body: (inout sending Registry<Connection>) -> sending Result) -> sending Result {
        registry.withLock(body)
    }

    /// - Parameter behindMessages: It is about a message, of which a device may be about to be told by its own thread.
    func relay(
        _ event: ServerEvent, to user: UserID, except origin: Connection? = nil, behindMessages: Bool = false
    ) {
        let connections = withLock { $0.connections(of: user) }
        let encoding = SharedEncoding(among: connections.count)
        for connection in connections where connection !== origin {
            if behindMessages {
                connection.socket.execute { connection.handle(.relay(event), sharing: encoding) }
            } else {
                connection.handle(.relay(event), sharing: encoding)
            }
        }
    }
}
