import ChatWire

public enum ConnectionStatus: Sendable, Hashable {
    /// `attempt` counts from 1 since the last authorised connection.
    case connecting(attempt: Int)
    /// The last attempt failed. The next one begins at `retryAt`.
    case waiting(attempt: Int, retryAt: ContinuousClock.Instant, after: LinkEnd)
    case online(limits: MessageLimits)
    /// There is no further attempt until the user asks for one.
    case stopped(after: LinkEnd)
}
