import ChatWire

// Replacing a token before it expires, in protocol 2 only.

extension Session {
    /// The time between two reads of the token, from the server's warning until the old token expires.
    static let tokenInterval: Duration = .seconds(10)

    /// The time between two reads after the token was refused. A new one is taken as soon as it is in the file, so that
    /// nobody has to ask for another attempt.
    static let refusedTokenInterval: Duration = .seconds(1)

    /// Reads the token, which another program may have renewed.
    func tokenExpiring() -> [Effect] { [.readToken(link: linkNumber)] }

    mutating func tokenRead(_ token: String, _ now: Moment) -> [Effect] {
        if phase == .stopped { return reconnect(.connectNow, now) }
        return phase.isOnline ? [.transmit(.refresh(token: token))] : []
    }

    /// Reads the token again after a while.
    mutating func sameTokenRead(_ now: Moment) -> [Effect] {
        if phase == .stopped { link.deadlines[.token] = now.instant + Self.refusedTokenInterval }
        if phase.isOnline { link.deadlines[.token] = now.instant + Self.tokenInterval }
        return []
    }
}
