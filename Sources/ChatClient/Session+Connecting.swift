import ChatWire

// Connecting and disconnecting: performs what the `Reconnector` decides.

extension Session {
    var phase: LinkPhase { reconnector.phase }
    var linkNumber: Int { reconnector.linkNumber }

    mutating func start(_ now: Moment) -> [Effect] {
        guard phase == .idle else { return [] }
        return reconnect(.load, now) + load
    }

    mutating func reconnect(_ event: Reconnector.Event, _ now: Moment) -> [Effect] {
        reconnector.handle(event, now: now).flatMap { follow($0, now) }
    }

    private mutating func follow(_ effect: Reconnector.Effect, _ now: Moment) -> [Effect] {
        switch effect {
        case .forgetLink: return endLink()
        case .open(let link): return [.open(link: link)] + loadIfUnknown()
        case .close: return [.close]
        case .ping(let patience): return [.ping(patience: patience)]
        case .log(let line): return [.log(line)]
        case .status(let status):
            // Another program may renew the token without a notice, so it is read regularly.
            if case .stopped(let end) = status, end.isOfToken {
                link.deadlines[.token] = now.instant + Self.refusedTokenInterval
            }
            return [.update(.connection(status))]
        }
    }

    /// The server will not answer a request about blocking after this.
    private mutating func endLink() -> [Effect] {
        let updates = blockingFailed(.offline)
        link = LinkState()
        return updates
    }

    mutating func authorize(_ now: Moment) -> [Effect] {
        let opened = reconnect(.opened, now)
        return opened.isEmpty ? [] : opened + [.authorize(user: user, resume: feed.isStuck ? nil : feed.position)]
    }

    mutating func authorized(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        guard phase == .authorizing else { return [] }
        let version = max(1, event.protocolVersion ?? 1)
        return reconnect(.authorized(protocolVersion: version, event.limits ?? MessageLimits()), now)
            + (version >= 2 ? feedBegins(event, now) : listUnavailable() + historyBegins(now))
    }

    mutating func woke(after sleep: Duration, _ now: Moment) -> [Effect] {
        let effects = reconnect(.woke(after: sleep), now)
        guard phase.isOnline else { return effects }
        // No answer could arrive during the sleep.
        link.answers.woke(at: now.instant)
        if link.deadlines[.resumed] != nil { link.deadlines[.resumed] = now.instant + feed.gap.patience }
        return effects
    }
}
