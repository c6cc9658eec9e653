import ChatWire

public enum ConnectionStatus: Sendable, Hashable {
    /// `attempt` counts from 1 since the connection last stood.
    case connecting(attempt: Int)
    /// The last attempt failed. The next one comes at `retryAt`.
    case waiting(attempt: Int, retryAt: ContinuousClock.Instant, after: LinkEnd)
    case online(limits: MessageLimits)
    /// No more attempts until the user asks for one.
    case stopped(after: LinkEnd)
}
