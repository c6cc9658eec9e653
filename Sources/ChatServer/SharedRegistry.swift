import ChatWire
import Synchronization

/// The registry, shared by all threads. It also sends events to all connections of a user.
final class SharedRegistry: Sendable {
    private let registry: Mutex<Registry<Connection>>
    private let outlet: NodeOutlet?

    /// - Parameter outlet: Tells the other nodes who comes and leaves; nil if this is the only one.
    init(outlet: NodeOutlet? = nil) {
        var registry = Registry<Connection>()
        registry.hasOtherNodes = outlet != nil
        self.registry = Mutex(registry)
        self.outlet = outlet
    }

    func withLock<Result>(_ body: (inout sending Registry<Connection>) -> sending Result) -> sending Result {
        registry.withLock { registry in
            defer { publishNews(of: &registry) }
            return body(&registry)
        }
    }

    /// The lock is held, so that news of one user keep their order.
    private func publishNews(of registry: inout Registry<Connection>) {
        guard let outlet else { return }
        let news = registry.takeNews()
        if !news.isEmpty { outlet.publish(news) }
    }

    /// - Parameter behindMessages: Whether the event is about a message that a device's own thread may be about to
    ///   send. The event must come after it.
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

    /// Tells all devices of these users how far their feeds reach.
    func feedsGrew(_ cursors: [UserID: Int]) {
        let devices = withLock { registry in
            cursors.flatMap { user, cursor in registry.connections(of: user).map { ($0, cursor) } }
        }
        for (connection, cursor) in devices {
            connection.socket.execute { connection.handle(.feedGrew(to: cursor)) }
        }
    }

    /// Gives a message to all devices of one of its two users. A device that lacks messages before it reads them from
    /// the feed first.
    func deliver(_ stored: StoredMessage, to user: UserID) {
        for connection in withLock({ $0.connections(of: user) }) {
            connection.socket.execute { connection.handle(.delivery(stored)) }
        }
    }

    /// A receipt or a change of presence may have been lost on its way to the user's devices.
    func noteMissedReceipts(of user: UserID) {
        for connection in withLock({ $0.connections(of: user) }) {
            connection.socket.execute { connection.handle(.receiptsMissed) }
        }
    }
}
