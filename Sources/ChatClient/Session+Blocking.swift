import ChatWire

// Whether the user blocks the peer of the open conversation: protocol 2 only.

extension Session {
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
