import NIOCore

/// When to ping the peer and when to give it up. A value machine: the clock is handed in.
///
/// A ping goes out every `interval`. The peer then has `patience` for a sign of life: the end of any frame, because a pong
/// can stand behind messages, or as much of a frame as even a slow link carries in that time. Single bytes are none: a
/// frame that never ends would count as life for ever.
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
    /// By when a sign of life must have come, where a ping is unanswered.
    private var lifeSignDue: NIODeadline?
    /// What came since that ping.
    private var bytesSincePing = 0

    /// From how many bytes on a part of a frame is a sign of life. A message of 64 KiB takes minutes at this pace.
    static let usefulBytes = 1024

    /// - Parameter firstWait: How long until the first ping. Clients take a random part of the interval, so that
    ///   those that lost a server at the same moment do not ping in step for ever.
    init(_ settings: Settings, firstWait: TimeAmount? = nil, now: NIODeadline) {
        interval = TimeAmount(settings.interval)
        patience = TimeAmount(settings.patience)
        nextPing = now + (firstWait ?? interval)
    }

    /// When ``tick(now:)`` has something to do next.
    var deadline: NIODeadline { min(nextPing, lifeSignDue ?? nextPing) }

    /// The peer sent some bytes. True where that is a sign of life and was awaited, so that ``deadline`` has moved.
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

    /// Pings now, because somebody doubts the link. An earlier unanswered ping keeps its deadline, unless the new one's
    /// is sooner.
    mutating func probe(now: NIODeadline, patience: TimeAmount? = nil) -> Action {
        nextPing = now + interval
        if lifeSignDue == nil { bytesSincePing = 0 }
        let due = now + (patience ?? self.patience)
        lifeSignDue = min(lifeSignDue ?? due, due)
        return .ping
    }

    /// Nothing was read for some time by our own choice: silence meant nothing.
    mutating func restart(now: NIODeadline) {
        lifeSignDue = nil
        nextPing = now + interval
    }
}
