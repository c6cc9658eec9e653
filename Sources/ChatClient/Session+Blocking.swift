import ChatWire

// Blocking the peer of the open conversation, in protocol 2 only.

extension Session {
    /// Asks the server to block or unblock the peer. It answers with `blocked` once it has stored that.
    mutating func setBlocked(_ isBlocked: Bool) -> [Effect] {
        guard let peer else { return [] }
        guard case .online(let version) = phase else { return [.update(.blockingFailed(.offline))] }
        guard version >= 2 else { return [.update(.blockingFailed(.notProvided))] }
        link.conversation.requestedBlock = isBlocked
        return [.transmit(isBlocked ? .block(peer) : .unblock(peer))]
    }

    /// Asks whether the peer is blocked. The user may have changed that on another device.
    func askAboutBlock() -> [Effect] { peer.map { [.transmit(.isBlocked($0))] } ?? [] }

    /// The server tells it to all windows of the user, whichever conversation they have open.
    mutating func blocked(_ isBlocked: Bool, _ other: UserID, _ now: Moment) -> [Effect] {
        inbox?.blocked(isBlocked, other)
        let effects = (isBlocked ? [] : sendReadMark(to: other)) + reportList(now)
        guard other == peer else { return effects }
        if link.conversation.requestedBlock == isBlocked { link.conversation.requestedBlock = nil }
        return [.update(.blocked(isBlocked))] + effects
    }

    /// Reports that a request about blocking failed: the server refused it, or the connection ended before the answer.
    mutating func blockingFailed(_ failure: BlockingFailure) -> [Effect] {
        guard link.conversation.requestedBlock != nil else { return [] }
        link.conversation.requestedBlock = nil
        return [.update(.blockingFailed(failure))]
    }
}
