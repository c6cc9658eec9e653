import NIOCore

/// Decides when to ping the peer and when to give it up. It is a value; the caller passes the time.
///
/// A ping is sent every `interval`. The peer then has `patience` to give a sign of life. A sign of life is the end of
/// any frame, since a pong may be queued behind messages, or as many bytes of a frame as even a slow link carries in
/// that time. Fewer bytes do not count, because a frame that never ends would keep the connection forever.
public struct Heartbeat: Sendable, Hashable {
    /// How often to ping, and how long to wait for a sign of life.
    public struct Settings: Sendable, Hashable {
        public var interval: Duration
        public var patience: Duration

        public init(interval: Duration = .seconds(25), patience: Duration = .seconds(10)) {
            self.interval = interval
            self.patience = patience
        }
    }

    enum Action: Hashable {
        case nothing
        case ping
        case giveUp
    }

    private let interval: TimeAmount
    private let patience: TimeAmount
    private var nextPing: NIODeadline
    /// The deadline for a sign of life while a ping is unanswered.
    private var lifeSignDue: NIODeadline?
    /// The bytes received since that ping.
    private var bytesSincePing = 0

    /// The number of bytes of an unfinished frame that is a sign of life. At this pace a message of 64 KiB takes
    /// minutes.
    static let usefulBytes = 1024

    /// - Parameter firstWait: The time until the first ping. Clients take a random part of the interval: otherwise
    ///   clients that lost a server at the same moment would ping in step forever.
    init(_ settings: Settings, firstWait: TimeAmount? = nil, now: NIODeadline) {
        interval = TimeAmount(settings.interval)
        patience = TimeAmount(settings.patience)
        nextPing = now + (firstWait ?? interval)
    }

    /// When ``tick(now:)`` must be called next.
    var deadline: NIODeadline { min(nextPing, lifeSignDue ?? nextPing) }

    /// Notes bytes from the peer.
    /// - Returns: true if this is a sign of life that was due, so that ``deadline`` has moved.
    mutating func heard(bytes: Int, endsFrame: Bool) -> Bool {
        guard lifeSignDue != nil else { return false }
        bytesSincePing += bytes
        guard endsFrame || bytesSincePing >= Self.usefulBytes else { return false }
        lifeSignDue = nil
        return true
    }

    mutating func tick(now: NIODeadline) -> Action {
        if let lifeSignDue, lifeSignDue <= now { return .giveUp }
        if nextPing <= now { return probe(now: now) }
        return .nothing
    }

    /// Pings now, because the caller doubts the link. If an earlier ping is unanswered, the earlier of the two
    /// deadlines counts.
    mutating func probe(now: NIODeadline, patience: TimeAmount? = nil) -> Action {
        nextPing = now + interval
        if lifeSignDue == nil { bytesSincePing = 0 }
        let due = now + (patience ?? self.patience)
        lifeSignDue = min(lifeSignDue ?? due, due)
        return .ping
    }

    /// Starts anew after reading was paused on this side. The peer's silence meanwhile meant nothing.
    mutating func restart(now: NIODeadline) {
        lifeSignDue = nil
        nextPing = now + interval
    }
}
