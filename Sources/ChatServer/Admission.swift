import ChatWire

/// The user for whom a connection may act, and the time for which it may.
///
/// A proof of identity is bound to its user here: an admission exists only for the user that the identity names, and no
/// other value keeps the user of an open connection. If a later step fails, its own admission is dropped and the one
/// before stays.
struct Admission: Sendable, Hashable {
    let user: UserID
    /// Nil if no token is required.
    private(set) var term: TokenTerm?

    /// Returns nil if the token names another user.
    init?(of user: UserID, verifiedBy identity: Identity) {
        guard Authorizer.refusal(of: .act(as: user), by: .user(identity.user)) == nil else { return nil }
        self.user = user
        term = TokenTerm(expiresAt: identity.expiresAt)
    }

    /// Returns nil if a token is required, because the client's claim proves nothing then.
    init?(unverified user: UserID, requiresToken: Bool) {
        if requiresToken { return nil }
        self.user = user
    }

    mutating func noteAnnouncement() {
        term?.isAnnounced = true
    }
}

/// An `auth` event that is being handled.
struct AuthAttempt: Sendable {
    let auth: ClientEvent.Auth
    var step: Step

    enum Step: Sendable {
        /// The token is being checked.
        case verifyingToken
        /// The user is known. The database is asked for the account.
        case loadingAccount(Admission)
    }

    var isVerifying: Bool {
        if case .verifyingToken = step { true } else { false }
    }

    /// Nil until the user is known.
    var admission: Admission? {
        if case .loadingAccount(let admission) = step { admission } else { nil }
    }
}
