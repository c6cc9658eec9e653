import ChatWire

// The token that the connection was authorised by ends, and whom the user blocks: protocol 2 only.

extension Session {
    /// How often it is looked for a new token, from the server's warning until the old one ends.
    private static let tokenInterval: Duration = .seconds(10)

    /// Another program may have renewed the token.
    func tokenExpiring() -> [Effect] { [.readToken(link: link)] }

    /// `token` is nil where there is no other one than that in use.
    mutating func tokenRead(_ token: String?, link: Int, _ now: Moment) -> [Effect] {
        guard link == self.link, case .online = phase else { return [] }
        guard let token else {
            deadlines[.token] = now.instant + Self.tokenInterval
            return []
        }
        return [.transmit(.refresh(token: token))]
    }

    /// Answered by `blocked`, from where the server has it.
    func setBlocked(_ isBlocked: Bool) -> [Effect] {
        guard let peer, case .online(let version) = phase, version >= 2 else { return [] }
        return [.transmit(isBlocked ? .block(peer) : .unblock(peer))]
    }
}
