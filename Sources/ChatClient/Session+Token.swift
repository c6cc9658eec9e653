import ChatWire

// The token that the connection was authorised by ends: protocol 2 only.

extension Session {
    /// The time between two looks for a new token. The client looks from the server's warning until the old token ends, and
    /// after the server refused it.
    static let tokenInterval: Duration = .seconds(10)

    /// Another program may have renewed the token.
    func tokenExpiring() -> [Effect] { [.readToken(link: linkNumber)] }

    mutating func tokenRead(_ token: String, _ now: Moment) -> [Effect] {
        if phase == .stopped { return reconnect(.connectNow, now) }
        return phase.isOnline ? [.transmit(.refresh(token: token))] : []
    }

    /// It is looked for again after a while.
    mutating func sameTokenRead(_ now: Moment) -> [Effect] {
        if phase == .stopped || phase.isOnline { link.deadlines[.token] = now.instant + Self.tokenInterval }
        return []
    }
}
