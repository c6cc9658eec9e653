import ChatWire

// The token that the connection was authorised by ends, and whom the user blocks: protocol 2 only.

extension Session {
    /// How often it is looked for a new token: from the server's warning until the old one ends, and after it was refused.
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

    /// Answered by `blocked`, from where the server has it.
    mutating func setBlocked(_ isBlocked: Bool) -> [Effect] {
        guard let peer else { return [] }
        guard case .online(let version) = phase else { return [.update(.blockingFailed(.offline))] }
        guard version >= 2 else { return [.update(.blockingFailed(.notProvided))] }
        link.conversation.blockAsked = isBlocked
        return [.transmit(isBlocked ? .block(peer) : .unblock(peer))]
    }

    /// The user may have blocked the peer elsewhere, or taken it back.
    func askAboutBlock() -> [Effect] { peer.map { [.transmit(.isBlocked($0))] } ?? [] }

    mutating func blocked(_ isBlocked: Bool, _ other: UserID) -> [Effect] {
        guard other == peer else { return [] }
        if link.conversation.blockAsked == isBlocked { link.conversation.blockAsked = nil }
        return [.update(.blocked(isBlocked))]
    }

    /// What was asked will not be answered: the server refused, or the connection is gone.
    mutating func blockingFailed(_ failure: BlockingFailure) -> [Effect] {
        guard link.conversation.blockAsked != nil else { return [] }
        link.conversation.blockAsked = nil
        return [.update(.blockingFailed(failure))]
    }
}
