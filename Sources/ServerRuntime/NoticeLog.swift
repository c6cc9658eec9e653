import Logging
import Synchronization
import WebSocketTransport

/// Logs what the transport notices. A condition that lasts is logged once a minute.
final class NoticeLog: Sendable {
    private static let pause: Duration = .seconds(60)

    private let output: Logger
    private let openFileLimit: Int
    /// The limit of sockets if the operator set it; nil if it follows from the limit of descriptors.
    private let socketLimit: Int?
    private let lastSaid = Mutex<[String: ContinuousClock.Instant]>([:])

    init(_ output: Logger, openFileLimit: Int, socketLimit: Int? = nil) {
        self.output = output
        self.openFileLimit = openFileLimit
        self.socketLimit = socketLimit
    }

    @Sendable func log(_ notice: ServerNotice) {
        switch notice {
        case .acceptPaused(let reason):
            if isRepeat("files") { return }
            output.warning(
                """
                New connections have to wait: \(reason). This process may have \(openFileLimit) files and connections \
                open (the hard limit of `ulimit -n`).
                """)
        case .socketRefused(let peer, let refusal):
            output.debug("A socket was refused (\(refusal.rawValue)).", metadata: ["address": "\(peer)"])
            if isRepeat(refusal.rawValue) { return }
            switch refusal {
            case .sockets: warn("\(tooManySockets); the address that has most is refused first", peer)
            case .addressSockets: warn("an address has as many as it may (--address-sockets)", peer)
            case .addressAccepts: warn("an address opens more in a second than it may (--address-accepts)", peer)
            case .openings: warn("too many have asked for nothing yet (--openings)", peer)
            case .addressOpenings:
                warn("an address has too many that have asked for nothing yet (--address-openings)", peer)
            }
        }
    }

    private var tooManySockets: String {
        if let socketLimit { return "\(socketLimit) sockets may be open (--sockets)" }
        return """
            more would leave too few descriptors for the database and the log: this process may have \
            \(openFileLimit) files and connections open (the hard limit of `ulimit -n`)
            """
    }

    private func warn(_ reason: String, _ peer: Peer) {
        output.warning("Connections are refused: \(reason).", metadata: ["address": "\(peer)"])
    }

    private func isRepeat(_ kind: String) -> Bool {
        lastSaid.withLock { lastSaid in
            if let last = lastSaid[kind], .now - last < Self.pause { return true }
            lastSaid[kind] = .now
            return false
        }
    }
}
