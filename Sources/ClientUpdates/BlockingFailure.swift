import ChatWire

public enum BlockingFailure: Sendable, Hashable {
    case offline
    /// The server speaks protocol 1, which has no blocking.
    case notProvided
    case refused(ErrorCode?)
}
