import ChatWire

/// Decides who may do what; nobody else does.
///
/// Rules:
/// 1. Everybody may ask whether the server runs, and is ready: `/status`, `/healthz`, `/readyz`.
/// 2. For anything else one has to have said who one is, and proved it where tokens are asked for.
/// 3. One sends, acknowledges, marks as read, types and blocks as oneself only.
/// 4. One reads one's own feed and the conversations that one is part of, and nobody else's.
/// 5. Where nobody has to prove anything (`--auth none`), HTTP takes the user's word, as the socket does.
/// 6. Metrics name nobody: every program on this machine may read them, and else whoever may do anything.
/// 7. Where one of two users blocks the other, the stores keep apart what each may see (see `MessageStore`).
enum Authorizer {
    /// Who asks.
    enum Requester: Sendable, Hashable {
        case anonymous
        case user(UserID)
        /// Whoever they say they are.
        case unverified

        init(_ user: UserID?) {
            self = user.map { .user($0) } ?? .anonymous
        }
    }

    /// What is asked for.
    enum Operation: Sendable, Hashable {
        case readHealth
        case readMetrics
        /// To do something in a user's name.
        case act(as: UserID)
        /// To be told what was written to and by a user.
        case read(of: UserID)
    }

    /// Why it is not to be, or nil if it may.
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
