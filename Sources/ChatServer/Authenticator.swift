import ChatWire

/// Finds out to which user a token belongs. Without an authenticator (`--auth none`) the server accepts any user id.
public protocol Authenticator: Sendable {
    /// - `now`: The time by the server's clock.
    func identify(_ token: String, now: Timestamp) async throws(AuthenticationError) -> Identity

    /// Why no token at all can be checked now; nil if tokens can be. A load balancer's question reaches this when no
    /// client comes any more, so it must also lead to another attempt to get what is missing.
    func problem() async -> String?
}

/// The user that a token proves, and the time at which it expires.
public struct Identity: Sendable, Hashable {
    public var user: UserID
    public var expiresAt: Timestamp
    /// The user's name as the token gives it; nil if it gives none, or one that is not a valid name.
    public var name: UntrustedText?

    public init(user: UserID, expiresAt: Timestamp, name: UntrustedText? = nil) {
        self.user = user
        self.expiresAt = expiresAt
        self.name = name.flatMap { $0.isName ? $0 : nil }
    }
}

public enum AuthenticationError: Error, Sendable, Hashable {
    /// The token proves nothing. The reason is for the log; the client is not told which check failed.
    case rejected(String)
    /// The token cannot be checked now, because its key cannot be fetched. The client may try again.
    case unavailable(String)
}
