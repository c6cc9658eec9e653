import Logging
import Synchronization
import WebSocketTransport

/// Tells the operator what the transport notices. What goes on for long is said once a minute.
final class NoticeLog: Sendable {
    private static let pause: Duration = .seconds(60)

    private let output: Logger
    private let openFileLimit: Int
    private let lastSaid = Mutex<ContinuousClock.Instant?>(nil)

    init(_ output: Logger, openFileLimit: Int) {
        self.output = output
        self.openFileLimit = openFileLimit
    }

    @Sendable func log(_ notice: ServerNotice) {
        let isRepeat = lastSaid.withLock { lastSaid in
            if let last = lastSaid, .now - last < Self.pause { return true }
            lastSaid = .now
            return false
        }
        if isRepeat { return }
        switch notice {
        case .acceptPaused(let reason):
            output.warning(
                """
                New connections have to wait: \(reason). This process may have \(openFileLimit) files and connections \
                open (the hard limit of `ulimit -n`).
                """)
        }
    }
}
