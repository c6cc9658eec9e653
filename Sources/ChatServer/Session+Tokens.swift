import ChatWire

// Tokens: the proof of the user's identity, and its expiry.

/// The validity of a token on a connection.
struct TokenTerm: Sendable, Hashable {
    var expiresAt: Timestamp
    /// Whether the client was told that the token expires soon.
    var isAnnounced = false

    private static let notice: Duration = .seconds(60)
    private static let grace: Duration = .seconds(25)

    var announcedFrom: Timestamp { expiresAt.advanced(by: .zero - Self.notice) }
    /// The time at which the connection is closed.
    var endsAt: Timestamp { expiresAt.advanced(by: Self.grace) }
}

extension Session {
    /// The time to log in is over. If a log-in is still in progress, the database or the keys are slow, and the error
    /// tells the client to try again.
    mutating func notAdmitted() -> [Action] {
        if opened != nil { return [] }
        return end(
            pending.attempt == nil ? .notAuthorized : .storageFailed, .authTimeout, because: "no user in time")
    }

    mutating func authenticated(_ identity: Identity, _ now: Timestamp) -> [Action] {
        if pending.isRefreshing { return refreshed(identity, now) }
        guard let attempt = pending.attempt, attempt.isVerifying else { return [] }
        guard userIDs.allows(identity.user) else { return endForNobody(identity.user) }
        guard let admission = Admission(of: attempt.auth.user, verifiedBy: identity) else {
            return end(.forbidden, .wrongUser, because: "the token is another user's")
        }
        // The clocks' skew lets in what would be closed at once, again and again.
        if let term = admission.term, term.endsAt <= now {
            return end(.notAuthorized, .invalidToken, because: "it expired")
        }
        return loadAccount(attempt.auth, admission, name: identity.name)
    }

    mutating func notAuthenticated(_ error: AuthenticationError, _ now: Timestamp) -> [Action] {
        guard pending.isRefreshing || pending.attempt?.isVerifying == true else { return [] }
        switch error {
        case .unavailable(let reason):
            let log = Action.log(.authenticationUnavailable(reason))
            guard pending.isRefreshing else { return [log] + refuse(now) }
            pending.isRefreshing = false
            return [log, failure(.storageFailed, answers: .refresh)] + handleDeferred(now)
        case .rejected(let reason):
            guard pending.isRefreshing else { return end(.notAuthorized, .invalidToken, because: reason) }
            pending.isRefreshing = false
            return [.log(.badEvent("refresh: \(reason)")), failure(.notAuthorized, answers: .refresh)]
                + handleDeferred(now)
        }
    }

    // MARK: - Another token

    mutating func refresh(_ token: String) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        guard requiresToken else { return [.send(.authSuccess(success))] }
        pending.isRefreshing = true
        return [.authenticate(token: token)]
    }

    private mutating func refreshed(_ identity: Identity, _ now: Timestamp) -> [Action] {
        pending.isRefreshing = false
        guard let opened, let admission = Admission(of: opened.user, verifiedBy: identity) else {
            return [.log(.badEvent("refresh: the token is another user's")), failure(.forbidden, answers: .refresh)]
                + handleDeferred(now)
        }
        // The same token does not need a second `token_expiring`.
        if admission.term?.expiresAt != opened.admission.term?.expiresAt { self.opened?.admission = admission }
        return [.send(.authSuccess(success))] + handleDeferred(now) + timerFired(now)
    }

    /// An `auth_success` that starts no feed.
    private var success: ServerEvent.AuthSuccess {
        ServerEvent.AuthSuccess(protocolVersion: 2, heartbeatMs: heartbeatMs, limits: limits)
    }

    // MARK: - The end of a token

    /// Handles what is due, and sets the timer for what is due next.
    mutating func timerFired(_ now: Timestamp) -> [Action] {
        guard let term = opened?.admission.term, !isEnding else { return [] }
        if now >= term.endsAt { return end(.notAuthorized, .tokenExpired, because: "the token expired") }
        guard speaksProtocol2, !term.isAnnounced else { return [.setTimer(at: term.endsAt)] }
        guard now >= term.announcedFrom else { return [.setTimer(at: term.announcedFrom)] }
        opened?.admission.noteAnnouncement()
        let left = max(.zero, term.expiresAt - now)
        return [.send(.tokenExpiring(inMs: Int(left / .milliseconds(1)))), .setTimer(at: term.endsAt)]
    }
}
