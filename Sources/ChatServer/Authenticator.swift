import ChatWire

/// Finds out whose token it is. Without one (`--auth none`) the server takes the user's word.
public protocol Authenticator: Sendable {
    /// - `now`: The server's clock.
    func identify(_ token: String, now: Timestamp) async throws(AuthenticationError) -> Identity
}

/// Who a token proves somebody to be, and until when.
public struct Identity: Sendable, Hashable {
    public var user: UserID
    public var expiresAt: Timestamp
    /// How the token calls them.
    public var name: UntrustedText?

    public init(user: UserID, expiresAt: Timestamp, name: UntrustedText? = nil) {
        self.user = user
        self.expiresAt = expiresAt
        self.name = name.flatMap { $0.isName ? $0 : nil }
    }
}

public enum AuthenticationError: Error, Sendable, Hashable {
    /// The client's fault: the token proves nothing. The reason is for the log; a client is not told which check failed.
    case rejected(String)
    /// The world's: the keys to check it with cannot be had now.
    case unavailable(String)
}
