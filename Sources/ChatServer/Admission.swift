import ChatWire

/// Whom a connection may speak for, and until when.
///
/// A proof is bound to its user here: there is an admission for nobody else than whom an identity names, and it is not
/// kept apart from that user anywhere. A step that fails drops its own and leaves the one before.
struct Admission: Sendable, Hashable {
    let user: UserID
    /// Nil where users' words are taken.
    private(set) var term: TokenTerm?

    /// Nil where it is another user whom the token names.
    init?(of user: UserID, verifiedBy identity: Identity) {
        guard Authorizer.refusal(of: .act(as: user), by: .user(identity.user)) == nil else { return nil }
        self.user = user
        term = TokenTerm(expiresAt: identity.expiresAt)
    }

    /// Nil where tokens are asked for: a word proves nothing there.
    init?(unverified user: UserID, requiresToken: Bool) {
        if requiresToken { return nil }
        self.user = user
    }

    mutating func noteAnnouncement() {
        term?.isAnnounced = true
    }
}

/// An `auth` that is being looked into.
struct AuthAttempt: Sendable {
    let auth: ClientEvent.Auth
    var step: Step

    enum Step: Sendable {
        /// Its token is being checked.
        case verifyingToken
        /// It is certain who it is; the database is asked for the rest.
        case loadingAccount(Admission)
    }

    var isVerifying: Bool {
        if case .verifyingToken = step { true } else { false }
    }

    /// Set from the moment on at which it is certain who it is.
    var admission: Admission? {
        if case .loadingAccount(let admission) = step { admission } else { nil }
    }
}
