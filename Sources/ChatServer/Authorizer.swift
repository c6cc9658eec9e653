import ChatWire

/// The only place that decides who may do what.
///
/// Rules:
/// 1. Anybody may ask whether the server runs and is ready: `/status`, `/healthz`, `/readyz`.
/// 2. Anything else requires a user id, and a proof of it if tokens are required.
/// 3. A user may send, acknowledge, mark as read, type and block only as themselves.
/// 4. A user may read only their own feed and their own conversations.
/// 5. If tokens are not required (`--auth none`), HTTP accepts any user id, as the WebSocket does.
/// 6. Metrics contain no ids. Every program on this machine may read them; others need a valid token if tokens are
///    required.
/// 7. If one of two users blocks the other, the stores decide what each of them may see (see `MessageStore`).
enum Authorizer {
    /// The client that asks.
    enum Requester: Sendable, Hashable {
        case anonymous
        case user(UserID)
        /// A client whose user id is accepted without proof.
        case unverified

        init(_ user: UserID?) {
            self = user.map { .user($0) } ?? .anonymous
        }
    }

    /// The thing that is asked for.
    enum Operation: Sendable, Hashable {
        case readHealth
        case readMetrics
        /// To act in a user's name.
        case act(as: UserID)
        /// To read the messages that a user sent or received.
        case read(of: UserID)
    }

    /// Returns nil if the operation is allowed, otherwise the error for the client.
    static func refusal(of operation: Operation, by requester: Requester) -> ErrorCode? {
        switch (operation, requester) {
        case (.readHealth, _), (_, .unverified): nil
        case (_, .anonymous): .notAuthorized
        case (.readMetrics, .user): nil
        case (.act(let owner), .user(let user)), (.read(let owner), .user(let user)):
            owner == user ? nil : .forbidden
        }
    }
}
