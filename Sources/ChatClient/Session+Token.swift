import ChatWire

// Replacing a token before it expires, in protocol 2 only.

extension Session {
    /// The time between two reads of the token. It is read from the server's warning until the old token expires, and
    /// after the server refused it.
    static let tokenInterval: Duration = .seconds(10)

    /// Reads the token, which another program may have renewed.
    func tokenExpiring() -> [Effect] { [.readToken(link: linkNumber)] }

    mutating func tokenRead(_ token: String, _ now: Moment) -> [Effect] {
        if phase == .stopped { return reconnect(.connectNow, now) }
        return phase.isOnline ? [.transmit(.refresh(token: token))] : []
    }

    /// Reads the token again after a while.
    mutating func sameTokenRead(_ now: Moment) -> [Effect] {
        if phase == .stopped || phase.isOnline { link.deadlines[.token] = now.instant + Self.tokenInterval }
        return []
    }
}
