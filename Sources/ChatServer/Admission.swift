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
    init?(of user: UserID, provedBy identity: Identity) {
        guard Authorizer.refusal(of: .act(as: user), by: .user(identity.user)) == nil else { return nil }
        self.user = user
        term = TokenTerm(expiresAt: identity.expiresAt)
    }

    /// Nil where tokens are asked for: a word proves nothing there.
    init?(takingTheWordOf user: UserID, asksForToken: Bool) {
        if asksForToken { return nil }
        self.user = user
    }

    mutating func noteAnnouncement() {
        term?.isAnnounced = true
    }
}

/// An `auth` that is being looked into.
struct Attempt: Sendable {
    let auth: ClientEvent.Auth
    var step: Step

    enum Step: Sendable {
        /// Its token is being checked.
        case proving
        /// It is certain who it is; the database is asked for the rest.
        case lookingUp(Admission)
    }

    var isProving: Bool {
        if case .proving = step { true } else { false }
    }

    /// Set from the moment on at which it is certain who it is.
    var admission: Admission? {
        if case .lookingUp(let admission) = step { admission } else { nil }
    }
}
