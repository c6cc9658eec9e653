import ChatWire

// Authorization: from `auth` to the cursor at which the connection's feed begins.

extension Session {
    mutating func authorize(_ auth: ClientEvent.Auth) -> [Action] {
        if opened != nil, let code = Authorizer.refusal(of: .act(as: auth.user), by: requester) {
            return [failure(code)]
        }
        if let admission = Admission(unverified: auth.user, requiresToken: requiresToken) {
            return loadAccount(auth, admission, name: auth.name)
        }
        let given = auth.token.flatMap { $0.isEmpty ? nil : $0 }
        // A client that is logged in needs no second token.
        if given == nil, let opened { return loadAccount(auth, opened.admission, name: nil) }
        guard let token = given ?? pending.bearer else {
            return end(.notAuthorized, .invalidToken, because: "no token")
        }
        pending.attempt = AuthAttempt(auth: auth, step: .verifyingToken)
        return [.authenticate(token: token)]
    }

    mutating func loadAccount(_ auth: ClientEvent.Auth, _ admission: Admission, name: UntrustedText?) -> [Action] {
        pending.attempt = AuthAttempt(auth: auth, step: .loadingAccount(admission))
        if opened == nil { pending.catchUp = CatchUp() }  // for messages that arrive meanwhile
        // The connection is registered before the feed is read, so that no message that is stored in between can be
        // missed.
        return [.register(admission.user), .authorize(admission.user, resume: auth.resume, name: name)]
    }

    mutating func open(_ account: Account, _ now: Timestamp) -> [Action] {
        guard let attempt = pending.attempt, let admission = attempt.admission else { return [] }
        pending.attempt = nil
        pending.bearer = nil
        pending.eventsBeforeAuth = 0
        let auth = attempt.auth
        let isFirst = opened == nil
        let version = auth.protocolVersion.map { min(max(1, $0), ProtocolVersion.latest) } ?? 1
        let success =
            version >= 2
            ? ServerEvent.AuthSuccess(
                protocolVersion: version, epoch: account.epoch, cursor: account.cursor,
                messageID: account.lastMessage, heartbeatMs: heartbeatMs, limits: limits, name: account.name)
            : ServerEvent.AuthSuccess()
        let greeting = [Action.send(.authSuccess(success)), .log(.authorized(admission.user))]
        return (isFirst ? [.admit] : []) + greeting + begin(auth, admission, version, account, now)
            + advance(now) + handleDeferred(now) + timerFired(now)
    }

    mutating func refuse(_ now: Timestamp) -> [Action] {
        guard pending.attempt != nil else { return [] }
        pending.attempt = nil
        var actions = [failure(.storageFailed, text: ServerText.processingFailed)]
        if opened == nil {
            pending.catchUp = nil
            actions.append(.unregister)
        }
        return actions + countEventBeforeAuth() + advance(now) + handleDeferred(now)
    }

    /// Counts an input of a client that is not logged in. After too many of them the connection is closed.
    mutating func countEventBeforeAuth() -> [Action] {
        guard opened == nil, !isEnding else { return [] }
        pending.eventsBeforeAuth += 1
        guard pending.eventsBeforeAuth > Self.maxEventsBeforeAuth else { return [] }
        isEnding = true
        return [
            .log(.ended(.notAuthorized, code: .policyViolation, reason: "too much was said before auth")),
            .close(code: .policyViolation),
        ]
    }

    private mutating func begin(
        _ auth: ClientEvent.Auth, _ admission: Admission, _ version: Int, _ account: Account, _ now: Timestamp
    ) -> [Action] {
        if version >= 2, let resume = auth.resume {
            if account.canResume(resume) {
                begin(admission, version, at: resume.cursor, isResume: true, account)
                return []  // the marks are sent after `resume_complete`
            }
            begin(admission, version, at: account.cursor, isResume: false, account)
            return [.send(.resyncRequired)] + syncPeers(tellingMarks: false)
        }
        // A repeated `auth` with the same protocol changes nothing about what was sent and what will be.
        let isRepeat = opened?.protocolVersion == version
        if !isRepeat {
            let cursor = version >= 2 ? account.cursor : firstCursorOfProtocol1(account)
            begin(admission, version, at: cursor, isResume: false, account)
        }
        opened?.admission = admission
        // Later changes of the peers are sent as they happen.
        if isRepeat, let last = opened?.peersSyncedAt, now >= last, now - last < Self.peerSyncValidity { return [] }
        opened?.peersSyncedAt = now
        return syncPeers(tellingMarks: false)
    }

    private static let peerSyncValidity: Duration = .seconds(10)

    /// A client of protocol 1 gets the messages since its `auth`, as the older server does.
    private func firstCursorOfProtocol1(_ account: Account) -> Int {
        opened?.sent ?? pending.catchUp?.firstLive.map { min($0 - 1, account.cursor) } ?? account.cursor
    }

    private mutating func begin(
        _ admission: Admission, _ version: Int, at cursor: Int, isResume: Bool, _ account: Account
    ) {
        opened = Opened(
            admission: admission, protocolVersion: version, sent: cursor, acknowledged: opened?.acknowledged)
        var catchUp = pending.catchUp ?? CatchUp()
        if version >= 2 { catchUp.noteCursor(account.cursor) }
        catchUp.restart(isResume: isResume)
        pending.catchUp = catchUp
    }
}

extension Account {
    /// Whether the client's part of the feed, up to this position, is the beginning of this feed.
    fileprivate func canResume(_ position: FeedPosition) -> Bool {
        guard position.epoch.canonical == epoch, (min(feedStart, cursor)...cursor).contains(position.cursor) else {
            return false
        }
        guard let id = position.messageID else { return true }
        return id.canonical == messageAtResume
    }
}
