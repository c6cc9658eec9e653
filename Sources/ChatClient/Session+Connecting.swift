import ChatWire

// From the first attempt to the connection that stands, and back.

extension Session {
    mutating func start() -> [Effect] {
        guard phase == .idle else { return [] }
        phase = .loading
        return load
    }

    mutating func connect(_ now: Moment) -> [Effect] {
        linkNumber += 1
        attempt += 1
        phase = .connecting
        let ended = endLink()
        link.deadlines[.connected] = now.instant + .seconds(10)
        return ended + [
            .log(.connecting), .update(.connection(.connecting(attempt: attempt))), .open(link: linkNumber),
        ] + loadIfUnknown()
    }

    mutating func authorize() -> [Effect] {
        guard phase == .connecting else { return [] }
        phase = .authorizing
        return [.log(.connected), .authorize(user: user, resume: feed.isStuck ? nil : feed.position)]
    }

    mutating func authorized(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        guard phase == .authorizing else { return [] }
        let version = max(1, event.protocolVersion ?? 1)
        phase = .online(protocolVersion: version)
        attempt = 0
        link.deadlines[.connected] = nil
        link.deadlines[.stable] = now.instant + .seconds(5)
        return [.log(.authorized), .update(.connection(.online(limits: event.limits ?? MessageLimits())))]
            + (version >= 2 ? feedBegins(event, now) : listUnavailable() + historyBegins(now))
    }

    mutating func reconnectNow(_ now: Moment) -> [Effect] {
        switch phase {
        case .idle, .loading: return []
        case .waiting, .stopped:
            backoff.reset()
            return connect(now)
        case .connecting, .authorizing, .online:
            backoff.reset()
            return [.close] + connect(now)
        }
    }

    mutating func woke(after sleep: Duration, _ now: Moment) -> [Effect] {
        backoff.reset()
        let log = Effect.log(.woke(after: sleep))
        switch phase {
        case .idle, .loading, .stopped: return [log]
        case .waiting: return [log] + connect(now)
        case .connecting, .authorizing: return [log, .close] + connect(now)
        case .online:
            // In sleep no answer could come.
            link.deadlines[.answerAfterPing] = nil
            if link.deadlines[.resumed] != nil { link.deadlines[.resumed] = now.instant + feed.gap.patience }
            if link.awaitedAnswer != nil { link.deadlines[.answer] = now.instant + Self.answerTime }
            link.deadlines[.awake] = now.instant + .seconds(4)
            return [log, .ping(patience: .seconds(3))]
        }
    }

    mutating func giveUp(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        [.close] + disconnected(end, now)
    }

    mutating func disconnected(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        linkNumber += 1  // whatever the old link still says is ignored
        let end = end.isMute ? link.refusal ?? end : end
        let diedInSleep = link.deadlines[.awake] != nil
        // After a connection that did not last, a token that is as old would end the next one as well.
        let needsNewToken = end == .closed(code: 4004) && isOnline && link.deadlines[.stable] == nil
        let log = endLink() + [.log(.disconnected(end))]
        switch end.remedy {
        case .time(atLeast: .zero) where diedInSleep || needsNewToken:
            return log + connect(now)
        case .user:
            phase = .stopped
            if end.isOfToken { link.deadlines[.token] = now.instant + Self.tokenInterval }
            return log + [.update(.connection(.stopped(after: end)))]
        case .time(let least):
            phase = .waiting
            let delay = max(backoff.next(at: now.instant, using: &random), least)
            link.deadlines[.retry] = now.instant + delay
            return log + [.update(.connection(.waiting(attempt: attempt + 1, delay: delay, after: end)))]
        }
    }

    private var isOnline: Bool {
        if case .online = phase { true } else { false }
    }

    /// What the server had yet to answer about blocking, it will not.
    private mutating func endLink() -> [Effect] {
        let told = blockingFailed(.offline)
        link = LinkState()
        outbox.forgetGivenTimes()
        return told
    }
}

extension LinkEnd {
    /// What it means that the server refuses a log-in. Nil: it may take it another time.
    init?(refusal code: ErrorCode?) {
        switch code {
        case .notAuthorized: self = .closed(code: 4500)
        case .forbidden: self = .closed(code: 4503)
        default: return nil
        }
    }

    /// So long a server has to close the connection after that. Those of the first protocol may not do so.
    static let refusalTime: Duration = .seconds(2)

    /// A connection ended without a reason.
    var isMute: Bool { self == .lost || self == .closed(code: nil) }

    /// Another token may be all it takes.
    var isOfToken: Bool {
        switch self {
        case .refused(status: 401), .refused(status: 403), .closed(code: 4500), .closed(code: 4503), .tokenExpired,
            .unusable:
            true
        default: false
        }
    }

    enum Remedy {
        /// Try again, but not before so long.
        case time(atLeast: Duration)
        /// Trying again changes nothing: the user has to do something.
        case user
    }

    var remedy: Remedy {
        switch self {
        case .refused(status: 401), .refused(status: 403), .tokenExpired, .unusable: .user
        case .closed(let code?) where (4500...4999).contains(code): .user
        // It may be a hotel's network, so it is tried again, but slowly.
        case .certificate: .time(atLeast: .seconds(30))
        case .notStarted: .time(atLeast: .seconds(5))
        default: .time(atLeast: .zero)
        }
    }
}
